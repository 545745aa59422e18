//! The paths that a Rust source names: its `use` trees and the qualified paths in its code.

/// Every path in a source, as segments, with `use` trees unfolded. A path written relative to the crate
/// begins with `crate`, whatever it was written relative to: `module` says where the source stands.
pub fn paths(source: &str, module: &[String]) -> Vec<Vec<String>> {
    let tokens = tokens(source);
    let mut reader = Reader { tokens: &tokens, at: 0, found: Vec::new() };
    reader.read_all();
    reader.found.into_iter().map(|path| absolute(path, module)).collect()
}

fn absolute(path: Vec<String>, module: &[String]) -> Vec<String> {
    let supers = path.iter().take_while(|segment| *segment == "super").count();
    let skipped = match path.first().map(String::as_str) {
        Some("super") => supers,
        Some("self") => 1,
        _ => return path,
    };
    let mut whole = vec!["crate".to_owned()];
    whole.extend_from_slice(&module[..module.len().saturating_sub(supers)]);
    whole.extend_from_slice(&path[skipped..]);
    whole
}

/// Identifiers, `::`, and every other character by itself; no comments, no strings.
fn tokens(source: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            tokens.push("::".to_owned());
            2
        } else if rest.starts_with("'\"'") {
            3
        } else if first == '"' {
            string_length(rest)
        } else if first.is_alphanumeric() || first == '_' {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            tokens.push(rest[..length].to_owned());
            length
        } else {
            if !first.is_whitespace() {
                tokens.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    tokens
}

fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

struct Reader<'a> {
    tokens: &'a [String],
    at: usize,
    found: Vec<Vec<String>>,
}

impl Reader<'_> {
    fn read_all(&mut self) {
        while self.at < self.tokens.len() {
            let is_path = is_name(self.peek(0)) && self.peek(1) == "::";
            if self.peek(0) == "use" {
                self.at += 1;
                self.tree(Vec::new());
            } else if is_path {
                self.tree(Vec::new());
            } else {
                self.at += 1;
            }
        }
    }

    fn peek(&self, ahead: usize) -> &str {
        self.tokens.get(self.at + ahead).map_or("", String::as_str)
    }

    /// Reads `a::b`, `a::*` or `a::{b, c::d}` below `path`.
    fn tree(&mut self, mut path: Vec<String>) {
        loop {
            if self.peek(0) == "::" {
                self.at += 1;
            } else if self.peek(0) == "{" {
                return self.branches(&path);
            } else if is_name(self.peek(0)) || self.peek(0) == "*" {
                path.push(self.peek(0).to_owned());
                self.at += 1;
                if self.peek(0) != "::" {
                    break;
                }
            } else {
                break;
            }
        }
        if !path.is_empty() {
            self.found.push(path);
        }
    }

    fn branches(&mut self, path: &[String]) {
        self.at += 1;
        while !matches!(self.peek(0), "}" | "") {
            let before = self.at;
            self.tree(path.to_vec());
            // An alias, a comma, or something that is no tree at all.
            while self.at == before || !matches!(self.peek(0), "," | "}" | "") {
                self.at += 1;
            }
            if self.peek(0) == "," {
                self.at += 1;
            }
        }
        self.at += 1;
    }
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

#[test]
fn trees_are_unfolded_and_relative_paths_made_absolute() {
    let source = r#"
        use super::{Error, jobs::{self, claim as take}}; // use crate::comment;
        fn f() { tokio::spawn(crate::queue::open("use crate::text;")); let x = "a\"b"; }
    "#;
    let module = ["db".to_owned(), "runs".to_owned()];
    let found: Vec<String> = paths(source, &module).iter().map(|path| path.join("::")).collect();
    let expected = [
        "crate::db::Error",
        "crate::db::jobs::self",
        "crate::db::jobs::claim",
        "tokio::spawn",
        "crate::queue::open",
    ];
    assert_eq!(found, expected);
}
