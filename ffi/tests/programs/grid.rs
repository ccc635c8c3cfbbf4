//! A program that calls every function with every pointer NULL and every length wrong, in all combinations that fit in a minute.
//!
//! Knows the shapes of parameters and no function: what is new in the record is in the next grid. `c/grid.h` has the values.

use core::fmt::Write as _;
use std::collections::BTreeSet;

use crate::{
    functions::{Function, Parameter},
    rows,
};

pub(crate) fn source(functions: &[Function], has_device: bool) -> String {
    let mut makers = rows("OBJECTS_", "objects_");
    // A process that had one of these is of no use to its children.
    let mut stores = rows("OBJECTS_STORES", "objects_");
    let devices = rows("OBJECTS_DEVICES", "objects_");
    if has_device {
        stores.extend(devices);
    } else {
        makers.retain(|object| !devices.contains(object));
    }
    let mut text = String::from("#include \"grid.h\"\n\n");
    for object in &makers {
        // One for all calls of a process: a function takes it as the ones before left it.
        let _ = write!(
            text,
            "static miyao_{object} *made_{object};\nstatic inline miyao_{object} *the_{object}(void) {{\n  if (made_{object} == NULL) made_{object} = make_{object}();\n  return made_{object};\n}}\n"
        );
    }
    text.push_str("static void let_go(void) {\n");
    for object in makers.intersection(&stores) {
        let _ = writeln!(text, "  miyao_{object}_free(made_{object});\n  made_{object} = NULL;");
    }
    text.push_str("}\n");
    for function in functions {
        text.push_str(&call(function, &makers));
    }
    text.push_str("int main(void) {\n  int failed = 0;\n  begin();\n");
    for object in makers.difference(&stores) {
        let _ = writeln!(text, "  (void)the_{object}();");
    }
    for function in functions {
        let sizes: Vec<String> =
            function.parameters.iter().map(|parameter| forms(parameter, &makers).to_string()).collect();
        let count = sizes.len();
        let sizes = if sizes.is_empty() { "0".to_owned() } else { sizes.join(", ") };
        let name = &function.name;
        // From 1 on, and 0 at the end.
        let nulls: String = taken_null(function).map(|at| format!("{}, ", at + 1)).collect();
        let _ = writeln!(
            text,
            "  {{ static const int sizes[] = {{{sizes}}}, nulls[] = {{{nulls}0}}; failed |= walk_apart(\"{name}\", call_{name}, sizes, {count}, nulls); }}"
        );
    }
    for object in makers.difference(&stores) {
        let _ = writeln!(text, "  miyao_{object}_free(the_{object}());");
    }
    text.push_str("  return failed;\n}\n");
    text
}

/// How many values there are for it.
fn forms(parameter: &Parameter, makers: &BTreeSet<String>) -> &'static str {
    match parameter {
        Parameter::Input { .. } => "INPUTS",
        Parameter::Output { .. } => "ROOMS",
        Parameter::Object { object, .. } | Parameter::Objects { object } if !makers.contains(object) => "1",
        Parameter::Number { kind } if kind == "bool" => "2",
        Parameter::Number { kind } if kind.contains("64") => "WIDE_NUMBERS",
        Parameter::Number { .. } => "NUMBERS",
        Parameter::Count => "COUNTS",
        // None is given: a call that would read or write by it is refused.
        Parameter::Callback => "1",
        _ => "2",
    }
}

/// The places of parameters that may be NULL, whose second value is that.
fn taken_null(function: &Function) -> impl Iterator<Item = usize> {
    let may = |parameter: &Parameter| match parameter {
        Parameter::Output { data: name, .. }
        | Parameter::Object { name, .. }
        | Parameter::ObjectPlace { name, .. }
        | Parameter::NumberPlace { name, .. } => function.may_be_null.contains(name),
        _ => false,
    };
    function.parameters.iter().enumerate().filter(move |(_, parameter)| may(parameter)).map(|(at, _)| at)
}

/// When a NULL is one that has to be found out: it may not be NULL, or is the start of an array that has items.
fn is_lie(at: usize, function: &Function) -> Option<String> {
    let parameters = &function.parameters;
    match &parameters[at] {
        Parameter::Object { name, .. } | Parameter::NumberPlace { name, .. }
            if !function.may_be_null.contains(name) => {}
        Parameter::ObjectPlace { object, name }
            if object != "error" && !function.may_be_null.contains(name) => {}
        Parameter::Objects { .. } | Parameter::Inputs { .. } | Parameter::Lens => {}
        _ => return None,
    }
    // A place for none of them, or an array of none, may be NULL.
    let is_array = !matches!(parameters[at], Parameter::Object { .. } | Parameter::NumberPlace { .. });
    let next = parameters.iter().enumerate().skip(at + 1).find(|(_, next)| !lies_between(next));
    let count = next.filter(|(_, next)| is_array && **next == Parameter::Count).map(|(count, _)| count);
    Some(count.map_or_else(
        || format!("picks[{at}]"),
        |count| format!("(picks[{at}] && count(picks[{count}]) > 0)"),
    ))
}

/// What stands between an array and the number of its items.
const fn lies_between(parameter: &Parameter) -> bool {
    matches!(
        parameter,
        Parameter::Lens | Parameter::Input { .. } | Parameter::Inputs { .. } | Parameter::Objects { .. }
    )
}

/// What a parameter is in the function that calls: what stands before the call, the argument, what is looked at afterwards, and when the
/// call must not succeed.
#[derive(Default)]
struct Given {
    before: String,
    argument: String,
    after: String,
    refused: Option<String>,
}

/// The function that calls it with the values picked.
fn call(function: &Function, makers: &BTreeSet<String>) -> String {
    let Function { result, name, parameters, .. } = function;
    let is_output = |parameter: &&Parameter| matches!(parameter, Parameter::Output { .. });
    let given: Vec<Given> = parameters
        .iter()
        .enumerate()
        .map(|(at, parameter)| {
            let outputs = parameters[..at].iter().filter(is_output).count();
            let mut given =
                given(at, parameter, outputs, makers).unwrap_or_else(|| object(at, parameter, name, makers));
            given.refused = given.refused.or_else(|| is_lie(at, function));
            given
        })
        .collect();
    let joined =
        |part: fn(&Given) -> &str, between: &str| given.iter().map(part).collect::<Vec<_>>().join(between);
    let (before, after) = (joined(|given| &given.before, ""), joined(|given| &given.after, ""));
    let arguments = joined(|given| &given.argument, ", ");
    let body = match result.as_str() {
        "miyao_status" if !name.ends_with("_status") => {
            let lies: Vec<&str> = given.iter().filter_map(|given| given.refused.as_deref()).collect();
            let lies = if lies.is_empty() { "0".to_owned() } else { lies.join(" || ") };
            let outputs = parameters.iter().filter(is_output).count();
            format!(
                "  miyao_status status = {name}({arguments});\n{after}  after(status, {outputs});\n\
                 \x20 if (status == MIYAO_STATUS_OK && ({lies})) not_so(\"it took a lie\");\n  return status;\n"
            )
        }
        "void" => format!("  {name}({arguments});\n  return 0;\n"),
        _ => format!("  (void){name}({arguments});\n  return 0;\n"),
    };
    format!("static uint32_t call_{name}(const int *picks) {{\n  (void)picks;\n{before}{body}}}\n")
}

/// Bytes and numbers.
fn given(at: usize, parameter: &Parameter, outputs: usize, makers: &BTreeSet<String>) -> Option<Given> {
    let mut given = Given::default();
    match parameter {
        Parameter::Input { kind, .. } => {
            given.argument = format!("({kind})input(picks[{at}]).data, input(picks[{at}]).len");
            given.refused = Some(format!("IS_LIE(picks[{at}])"));
        }
        Parameter::Callback => given.argument = "NULL".to_owned(),
        Parameter::Output { kind, .. } => {
            given.before = format!("  struct output out{at} = output({outputs}, picks[{at}]);\n");
            given.argument = format!("({kind})out{at}.data, out{at}.cap");
        }
        Parameter::Objects { object } => {
            let value = if makers.contains(object) { format!("the_{object}()") } else { "NULL".to_owned() };
            given.before = format!(
                "  const miyao_{object} *objects{at}[ITEMS];\n  for (int at = 0; at < ITEMS; at++) objects{at}[at] = {value};\n"
            );
            given.argument = format!("picks[{at}] ? NULL : objects{at}");
        }
        Parameter::Inputs { kind } => {
            given.argument = format!("picks[{at}] ? NULL : ({kind}const *)many_inputs");
        }
        Parameter::Lens => given.argument = format!("picks[{at}] ? NULL : many_lens"),
        Parameter::NumberPlace { kind, .. } => {
            given.before = format!("  {kind} number{at} = ({kind})1;\n");
            given.argument = format!("picks[{at}] ? NULL : &number{at}");
            given.after = format!(
                "  if (number{at} != ({kind})1 && status != MIYAO_STATUS_OK) not_so(\"it failed and wrote a number\");\n"
            );
        }
        Parameter::Count => given.argument = format!("count(picks[{at}])"),
        Parameter::Number { kind } if kind.contains("64") => {
            given.argument = format!("({kind})wide_number(picks[{at}])");
        }
        Parameter::Number { kind } => given.argument = format!("({kind})number(picks[{at}])"),
        Parameter::Object { .. } | Parameter::ObjectPlace { .. } => return None,
    }
    Some(given)
}

/// An object, or the place for one.
fn object(at: usize, parameter: &Parameter, function: &str, makers: &BTreeSet<String>) -> Given {
    let mut given = Given::default();
    match parameter {
        Parameter::Object { object, constant, .. } => {
            let value = match (makers.contains(object), function.ends_with("_free")) {
                (false, _) => "NULL".to_owned(),
                (true, true) => format!("picks[{at}] ? NULL : make_{object}()"),
                (true, false) => format!("picks[{at}] ? NULL : the_{object}()"),
            };
            let constant = if *constant { "const " } else { "" };
            given.before = format!("  {constant}miyao_{object} *object{at} = {value};\n");
            given.argument = format!("object{at}");
        }
        Parameter::ObjectPlace { object, .. } => {
            // As many as a count may ask for.
            given.before = format!("  miyao_{object} *made{at}[ITEMS] = {{NULL}};\n");
            given.argument = format!("picks[{at}] ? NULL : made{at}");
            let wrong = if object == "error" {
                format!("picks[{at}] == 0 && (made{at}[0] != NULL) != (status != MIYAO_STATUS_OK)")
            } else {
                format!("made{at}[0] != NULL && status != MIYAO_STATUS_OK")
            };
            given.after = format!(
                "  if ({wrong}) not_so(\"an object for nothing\");\n  \
                 for (int each = 0; each < ITEMS; each++) miyao_{object}_free(made{at}[each]);\n"
            );
        }
        _ => {}
    }
    given
}
