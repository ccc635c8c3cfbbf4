//! A program that calls every function with every pointer NULL and every length wrong, in all combinations that fit in a minute.
//!
//! Knows the shapes of parameters and no function: what is new in the record is in the next grid. `c/grid.h` has the values.

use std::{collections::BTreeSet, fmt::Write as _};

use crate::{
    functions::{Function, Parameter},
    rows,
};

pub(crate) fn source(functions: &[Function]) -> String {
    let makers = rows("OBJECTS_", "objects_");
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
    for object in &makers {
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
    for object in &makers {
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
        _ => "2",
    }
}

/// The function that calls it with the values picked.
fn call(function: &Function, makers: &BTreeSet<String>) -> String {
    let Function { result, name, parameters } = function;
    let frees = name.ends_with("_free");
    let (mut before, mut arguments, mut after) = (String::new(), Vec::new(), String::new());
    let (mut outputs, mut refused) = (0, Vec::new());
    for (at, parameter) in parameters.iter().enumerate() {
        match parameter {
            Parameter::Input { kind, .. } => {
                arguments.push(format!("({kind})input(picks[{at}]).data, input(picks[{at}]).len"));
                refused.push(format!("IS_LIE(picks[{at}])"));
            }
            Parameter::Output { .. } => {
                let _ = writeln!(before, "  struct output out{at} = output({outputs}, picks[{at}]);");
                arguments.push(format!("out{at}.data, out{at}.cap"));
                outputs += 1;
            }
            Parameter::Object { object, constant } => {
                let value = match (makers.contains(object), frees) {
                    (false, _) => "NULL".to_owned(),
                    (true, true) => format!("picks[{at}] ? NULL : make_{object}()"),
                    (true, false) => format!("picks[{at}] ? NULL : the_{object}()"),
                };
                let constant = if *constant { "const " } else { "" };
                let _ = writeln!(before, "  {constant}miyao_{object} *object{at} = {value};");
                arguments.push(format!("object{at}"));
            }
            Parameter::Objects { object } => {
                let _ = writeln!(before, "  const miyao_{object} *objects{at}[ITEMS];");
                let value =
                    if makers.contains(object) { format!("the_{object}()") } else { "NULL".to_owned() };
                let _ = writeln!(before, "  for (int at = 0; at < ITEMS; at++) objects{at}[at] = {value};");
                arguments.push(format!("picks[{at}] ? NULL : objects{at}"));
            }
            Parameter::ObjectPlace { object, .. } => {
                let _ = writeln!(before, "  miyao_{object} *made{at} = NULL;");
                arguments.push(format!("picks[{at}] ? NULL : &made{at}"));
                if object == "error" {
                    let _ = writeln!(
                        after,
                        "  if (picks[{at}] == 0 && (made{at} != NULL) != (status != MIYAO_STATUS_OK)) not_so(\"no error, or one for nothing\");"
                    );
                } else {
                    let _ = writeln!(
                        after,
                        "  if (made{at} != NULL && status != MIYAO_STATUS_OK) not_so(\"it failed and gave an object\");"
                    );
                    refused.push(format!("picks[{at}]"));
                }
                let _ = writeln!(after, "  miyao_{object}_free(made{at});");
            }
            Parameter::Inputs { kind } => {
                arguments.push(format!("picks[{at}] ? NULL : ({kind}const *)many_inputs"));
            }
            Parameter::Lens => arguments.push(format!("picks[{at}] ? NULL : many_lens")),
            Parameter::NumberPlace { kind } => {
                let _ = writeln!(before, "  {kind} number{at} = ({kind})1;");
                arguments.push(format!("picks[{at}] ? NULL : &number{at}"));
                let _ = writeln!(
                    after,
                    "  if (number{at} != ({kind})1 && status != MIYAO_STATUS_OK) not_so(\"it failed and wrote a number\");"
                );
            }
            Parameter::Count => arguments.push(format!("count(picks[{at}])")),
            Parameter::Number { kind } if kind.contains("64") => {
                arguments.push(format!("({kind})wide_number(picks[{at}])"));
            }
            Parameter::Number { kind } => arguments.push(format!("({kind})number(picks[{at}])")),
        }
    }
    let arguments = arguments.join(", ");
    let body = match result.as_str() {
        "miyao_status" if !name.ends_with("_status") => {
            let lies = if refused.is_empty() { "0".to_owned() } else { refused.join(" || ") };
            format!(
                "{before}  miyao_status status = {name}({arguments});\n{after}  after(status, {outputs});\n  if (status == MIYAO_STATUS_OK && ({lies})) not_so(\"it took a lie\");\n"
            )
        }
        "void" => format!("{before}  {name}({arguments});\n"),
        _ => format!("{before}  (void){name}({arguments});\n"),
    };
    format!("static void call_{name}(const int *picks) {{\n  (void)picks;\n{body}}}\n")
}
