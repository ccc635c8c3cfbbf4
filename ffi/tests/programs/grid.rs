//! A program that calls every function with every pointer NULL and every length wrong, in all combinations that fit in a minute.
//!
//! Knows the shapes of parameters and no function: what is new in the record is in the next grid. `c/grid.h` has the values.

use core::fmt::Write as _;
use std::collections::BTreeSet;

use crate::{
    functions::{Function, Parameter},
    rows,
};

pub(crate) fn source(functions: &[Function]) -> String {
    let makers = rows("OBJECTS_", "objects_");
    // A process that had one of these is of no use to its children.
    let stores = rows("OBJECTS_STORES", "objects_");
    let mut text = String::from("#include \"grid.h\"\n\n");
    for object in &makers {
        // One for all calls of a process: a function takes it as the ones before left it.
        let _ = write!(
            text,
            "static miyao_{object} *the_{object}(void) {{\n  static miyao_{object} *made;\n  if (made == NULL) made = make_{object}();\n  return made;\n}}\n"
        );
    }
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
        let _ = writeln!(
            text,
            "  {{ static const int sizes[] = {{{sizes}}}; failed |= walk_apart(\"{name}\", call_{name}, sizes, {count}); }}"
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
    let Function { result, name, parameters } = function;
    let is_output = |parameter: &&Parameter| matches!(parameter, Parameter::Output { .. });
    let given: Vec<Given> = parameters
        .iter()
        .enumerate()
        .map(|(at, parameter)| {
            let outputs = parameters[..at].iter().filter(is_output).count();
            let mut given =
                given(at, parameter, outputs, makers).unwrap_or_else(|| object(at, parameter, name, makers));
            // A place for none of them may be no place.
            if let (Parameter::ObjectPlace { .. }, Some(Parameter::Count), Some(refused)) =
                (parameter, parameters.get(at + 1), &mut given.refused)
            {
                *refused = format!("({refused} && count(picks[{}]) > 0)", at + 1);
            }
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
                 \x20 if (status == MIYAO_STATUS_OK && ({lies})) not_so(\"it took a lie\");\n"
            )
        }
        "void" => format!("  {name}({arguments});\n"),
        _ => format!("  (void){name}({arguments});\n"),
    };
    format!("static void call_{name}(const int *picks) {{\n  (void)picks;\n{before}{body}}}\n")
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
        Parameter::NumberPlace { kind } => {
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
        Parameter::Object { object, constant } => {
            let value = match (makers.contains(object), function.ends_with("_free")) {
                (false, _) => "NULL".to_owned(),
                (true, true) => format!("picks[{at}] ? NULL : make_{object}()"),
                (true, false) => format!("picks[{at}] ? NULL : the_{object}()"),
            };
            let constant = if *constant { "const " } else { "" };
            given.before = format!("  {constant}miyao_{object} *object{at} = {value};\n");
            given.argument = format!("object{at}");
        }
        Parameter::ObjectPlace { object, name } => {
            // As many as a count may ask for.
            given.before = format!("  miyao_{object} *made{at}[ITEMS] = {{NULL}};\n");
            given.argument = format!("picks[{at}] ? NULL : made{at}");
            let wrong = if object == "error" {
                format!("picks[{at}] == 0 && (made{at}[0] != NULL) != (status != MIYAO_STATUS_OK)")
            } else {
                // A record of what was done, or the half of a pair, is told to whoever wants it.
                if !["record", "private_key"].contains(&name.as_str()) {
                    given.refused = Some(format!("picks[{at}]"));
                }
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
