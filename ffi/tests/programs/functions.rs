//! The functions of the interface and what each parameter is, read from the record.

use std::{collections::BTreeSet, fs};

use crate::build::place;

pub(crate) struct Function {
    pub(crate) result: String,
    pub(crate) name: String,
    pub(crate) parameters: Vec<Parameter>,
    /// The names of those that may be NULL, whatever else.
    pub(crate) may_be_null: BTreeSet<String>,
}

/// One parameter or the few that belong together. Types are as they stand in C.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Parameter {
    /// `const uint8_t *data, size_t data_len`, or a text so.
    Input { data: String, kind: String },
    /// `uint8_t *out, size_t out_cap`
    Output { data: String, kind: String },
    /// `T *object`
    Object { object: String, constant: bool, name: String },
    /// `T **out`
    ObjectPlace { object: String, name: String },
    /// `const uint8_t *const *items`
    Inputs { kind: String },
    /// `const size_t *lens`
    Lens,
    /// `const T *const *items`
    Objects { object: String },
    /// `size_t *out`, or of another number
    NumberPlace { kind: String, name: String },
    /// `size_t count`
    Count,
    /// A function of the caller's, or what it is called with
    Callback,
    /// `uint32_t`, `uint64_t`, `bool` and the like
    Number { kind: String },
}

pub(crate) fn functions() -> Vec<Function> {
    let record = fs::read_to_string(place("abi.txt")).unwrap();
    let declarations = record.lines().filter(|line| line.ends_with(");") && !line.starts_with(['#', 't']));
    let mut functions: Vec<_> = declarations.map(function).collect();
    assert!(functions.len() > 40, "the record was read");
    for (name, null) in record.lines().filter_map(|line| line.split_once(" may be NULL: ")) {
        let function = functions.iter_mut().find(|function| function.name == name).unwrap();
        function.may_be_null = null.split(", ").map(str::to_owned).collect();
    }
    functions
}

fn function(declaration: &str) -> Function {
    let (head, rest) = declaration.split_once('(').unwrap();
    let (result, name) = typed(head);
    let parameters: Vec<(String, String)> = rest
        .trim_end_matches(");")
        .split(',')
        .map(str::trim)
        .filter(|one| *one != "void")
        .map(typed)
        .collect();
    Function { result, parameters: grouped(&name, &parameters), name, may_be_null: BTreeSet::new() }
}

/// The type without spaces before stars, and the name.
fn typed(text: &str) -> (String, String) {
    let start = text.rfind([' ', '*']).map_or(0, |at| at + 1);
    (text[..start].trim().replace(" *", "*"), text[start..].to_owned())
}

fn grouped(function: &str, all: &[(String, String)]) -> Vec<Parameter> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some((kind, name)) = all.get(at) {
        let next = all.get(at + 1).filter(|(kind, _)| kind == "size_t").map(|(_, name)| name.as_str());
        at += 1;
        let parameter = match kind.as_str() {
            "const uint8_t*" | "const char*" if next == Some(&format!("{name}_len")) => {
                at += 1;
                Parameter::Input { data: name.clone(), kind: kind.clone() }
            }
            "miyao_read" | "miyao_read_at" | "miyao_write" | "void*" => Parameter::Callback,
            "uint8_t*" | "char*" if next == Some(&format!("{name}_cap")) => {
                at += 1;
                Parameter::Output { data: name.clone(), kind: kind.clone() }
            }
            "const uint8_t*const*" | "const char*const*" => Parameter::Inputs { kind: kind.replace("*const*", "*") },
            "const size_t*" => Parameter::Lens,
            "size_t" => Parameter::Count,
            "uint32_t" | "uint64_t" | "int64_t" | "int32_t" | "uint16_t" | "uint8_t" | "bool" => {
                Parameter::Number { kind: kind.clone() }
            }
            "size_t*" | "uint32_t*" | "uint64_t*" | "int64_t*" | "int32_t*" | "bool*" | "uint8_t*" => {
                Parameter::NumberPlace { kind: kind.trim_end_matches('*').to_owned(), name: name.clone() }
            }
            _ => object(kind, name).unwrap_or_else(|| {
                panic!("{function}: tests/programs/functions.rs does not know `{kind} {name}`; teach it what to give for that")
            }),
        };
        found.push(parameter);
    }
    found
}

fn object(kind: &str, name: &str) -> Option<Parameter> {
    let (constant, rest) = kind.strip_prefix("const ").map_or((false, kind), |rest| (true, rest));
    let (object, stars) = rest.strip_prefix("miyao_")?.split_once('*')?;
    let object = object.to_owned();
    match (stars, constant) {
        ("", constant) => Some(Parameter::Object { object, constant, name: name.to_owned() }),
        ("*", false) => Some(Parameter::ObjectPlace { object, name: name.to_owned() }),
        ("const*", true) => Some(Parameter::Objects { object }),
        _ => None,
    }
}

#[test]
fn a_declaration_is_taken_apart() {
    let one = function(
        "miyao_status miyao_x_do(const miyao_x *x,uint32_t mode,const uint8_t *data,size_t data_len,uint8_t *out,size_t out_cap,size_t *out_len,miyao_y **y);",
    );
    assert_eq!((one.result.as_str(), one.name.as_str()), ("miyao_status", "miyao_x_do"));
    let expected = [
        Parameter::Object { object: "x".to_owned(), constant: true, name: "x".to_owned() },
        Parameter::Number { kind: "uint32_t".to_owned() },
        Parameter::Input { data: "data".to_owned(), kind: "const uint8_t*".to_owned() },
        Parameter::Output { data: "out".to_owned(), kind: "uint8_t*".to_owned() },
        Parameter::NumberPlace { kind: "size_t".to_owned(), name: "out_len".to_owned() },
        Parameter::ObjectPlace { object: "y".to_owned(), name: "y".to_owned() },
    ];
    assert_eq!(one.parameters, expected);
    let none = function("const char *miyao_version(void);");
    assert_eq!((none.result.as_str(), none.parameters.len()), ("const char*", 0));
}
