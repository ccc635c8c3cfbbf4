//! Rust as far as the rules read it: text without comments, and its words.

/// The code without comments, and without the contents of literals unless they are kept.
pub(crate) fn stripped(source: &str, keeps_literals: bool) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let (len, kept) = if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), false)
        } else if rest.starts_with("/*") {
            (block_comment(rest), false)
        } else if first == '"' {
            (literal(rest, '"'), keeps_literals)
        } else if let Some(hashes) = raw_start(rest, &out) {
            let end = format!("\"{}", "#".repeat(hashes));
            let start = hashes + 2;
            (rest[start..].find(&end).map_or(rest.len(), |at| start + at + end.len()), keeps_literals)
        } else if first == '\'' && is_character(rest) {
            (literal(rest, '\''), keeps_literals)
        } else {
            (first.len_utf8(), true)
        };
        out.push_str(if kept { &rest[..len] } else { " " });
        rest = &rest[len..];
    }
    out
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        match &text.as_bytes()[at..text.len().min(at + 2)] {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length of a literal with its marks.
fn literal(text: &str, mark: char) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            character if character == mark => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The number of `#` when a raw string starts here.
fn raw_start(text: &str, before: &str) -> Option<usize> {
    let inside_a_name = before.ends_with(|last: char| last.is_alphanumeric() && last != 'b' || last == '_');
    let after = text.strip_prefix('r').filter(|_| !inside_a_name)?;
    let hashes = after.bytes().take_while(|byte| *byte == b'#').count();
    after[hashes..].starts_with('"').then_some(hashes)
}

/// Whether a `'` starts a character, not a lifetime.
fn is_character(text: &str) -> bool {
    let mut after = text.chars().skip(1);
    after.next() == Some('\\') || after.next() == Some('\'')
}

pub(crate) fn tokens(source: &str) -> Vec<String> {
    let code = stripped(source, false);
    let mut tokens: Vec<String> = Vec::new();
    let mut rest = code.as_str();
    while let Some(first) = rest.chars().next() {
        let len = if first.is_alphanumeric() || first == '_' {
            rest.find(|other: char| !other.is_alphanumeric() && other != '_').unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        if !first.is_whitespace() {
            tokens.push(rest[..len].to_owned());
        }
        rest = &rest[len..];
    }
    tokens
}
