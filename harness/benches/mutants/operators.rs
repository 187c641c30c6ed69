//! The operators: what is changed, one place at a time. Many mutants do not compile, which costs little.

use std::ops::Range;

use super::tokens::{Kind, Language, Token};

/// A change of a source.
pub(crate) struct Change {
    pub(crate) range: Range<usize>,
    pub(crate) after: String,
    pub(crate) operator: &'static str,
}

/// A source with its tokens.
struct Code<'a> {
    source: &'a str,
    tokens: &'a [Token],
    language: Language,
}

/// All changes of a source. `words` are pairs of names of the sample that stand for one another.
pub(crate) fn changes(
    source: &str,
    tokens: &[Token],
    language: Language,
    words: &[(&str, &str)],
) -> Vec<Change> {
    let code = Code {
        source,
        tokens,
        language,
    };
    let mut changes = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Sign => changes.extend(code.sign(at)),
            Kind::Number => changes.extend(code.number(at)),
            Kind::Text => changes.extend(code.text(at)),
            Kind::Character => changes.extend(code.character(at)),
            Kind::Word => changes.extend(code.word(at, words)),
        }
    }
    match language {
        Language::Toml => changes.extend(code.settings()),
        Language::C | Language::Rust => changes.extend(code.statements()),
    }
    changes
}

impl Code<'_> {
    fn at(&self, index: usize) -> &str {
        self.tokens
            .get(index)
            .map_or("", |token| &self.source[token.range.clone()])
    }

    fn replace(&self, at: usize, after: impl Into<String>, operator: &'static str) -> Change {
        Change {
            range: self.tokens[at].range.clone(),
            after: after.into(),
            operator,
        }
    }

    /// Whether there is space on both sides: formatted code has it around operators with two operands, and not around
    /// generic parameters, pointers and signs of numbers.
    fn is_spaced(&self, at: usize) -> bool {
        let range = &self.tokens[at].range;
        let before = self.source[..range.start].chars().next_back();
        let after = self.source[range.end..].chars().next();
        before.is_some_and(char::is_whitespace) && after.is_some_and(char::is_whitespace)
    }

    fn sign(&self, at: usize) -> Vec<Change> {
        let sign = self.at(at);
        if matches!(sign, "!" | "~") {
            return vec![self.replace(at, "", "remove negation")];
        }
        if !self.is_spaced(at) {
            return Vec::new();
        }
        let (operator, others): (_, &[&str]) = match sign {
            "==" => ("relation", &["!="]),
            "!=" => ("relation", &["=="]),
            "<" => ("relation", &["<=", ">="]),
            "<=" => ("relation", &["<", ">"]),
            ">" => ("relation", &[">=", "<="]),
            ">=" => ("relation", &[">", "<"]),
            "&&" => ("boolean", &["||"]),
            "||" => ("boolean", &["&&"]),
            "+" => ("arithmetic", &["-"]),
            "-" => ("arithmetic", &["+"]),
            "*" => ("arithmetic", &["/"]),
            "/" | "%" => ("arithmetic", &["*"]),
            "+=" => ("arithmetic", &["-=", "="]),
            "-=" => ("arithmetic", &["+=", "="]),
            "|" if self.language == Language::Rust => return self.alternative(at),
            "|" => ("bits", &["&"]),
            "&" => ("bits", &["|"]),
            "|=" => ("bits", &["&=", "="]),
            "&=" => ("bits", &["|=", "="]),
            _ => return Vec::new(),
        };
        others
            .iter()
            .map(|other| self.replace(at, *other, operator))
            .collect()
    }

    /// Removes one of the alternatives of a pattern, behind the `|`.
    fn alternative(&self, at: usize) -> Vec<Change> {
        let Some(next) = self.tokens.get(at + 1) else {
            return Vec::new();
        };
        vec![Change {
            range: self.tokens[at].range.start..next.range.end,
            after: String::new(),
            operator: "remove alternative",
        }]
    }

    fn number(&self, at: usize) -> Vec<Change> {
        // Values that are returned have an operator of their own.
        let before = |distance| at.checked_sub(distance).map_or("", |index| self.at(index));
        if before(1) == "return" || (before(1) == "-" && before(2) == "return") {
            return Vec::new();
        }
        let text = self.at(at);
        let (digits, radix) = match text.strip_prefix("0x") {
            Some(digits) => (digits, 16),
            None => (text, 10),
        };
        let end = digits
            .find(|character: char| !character.is_digit(radix))
            .unwrap_or(digits.len());
        let (digits, suffix) = digits.split_at(end);
        let Ok(value) = i64::from_str_radix(digits, radix) else {
            return Vec::new();
        };
        // One more or less of a size or a time is not a fault. Of a status or a byte it is.
        let is_size = radix == 10 && (value >= 600 || (value >= 64 && value & (value - 1) == 0));
        let mut values = vec![0];
        if is_size {
            values.extend([value / 10, value * 10]);
        } else {
            values.extend([value + 1, value - 1]);
        }
        values.retain(|&other| other != value);
        values.dedup();
        values
            .into_iter()
            .map(|other| self.replace(at, format!("{other}{suffix}"), "constant"))
            .collect()
    }

    fn text(&self, at: usize) -> Vec<Change> {
        let text = self.at(at);
        let mut changes = Vec::new();
        if text.len() > 2 {
            changes.push(self.replace(at, "\"\"", "empty string"));
        }
        changes.push(self.replace(
            at,
            format!("{}Q\"", &text[..text.len() - 1]),
            "other string",
        ));
        changes
    }

    fn character(&self, at: usize) -> Vec<Change> {
        vec![self.replace(at, "'Q'", "other character")]
    }

    fn word(&self, at: usize, words: &[(&str, &str)]) -> Vec<Change> {
        let word = self.at(at);
        let mut changes = Vec::new();
        for (one, other) in words {
            if word == *one {
                changes.push(self.replace(at, *other, "other name"));
            }
            if word == *other {
                changes.push(self.replace(at, *one, "other name"));
            }
        }
        match word {
            "true" => changes.push(self.replace(at, "false", "boolean")),
            "false" => changes.push(self.replace(at, "true", "boolean")),
            "if" | "while" => changes.extend(self.negated(at)),
            "return" => changes.extend(self.returned(at)),
            "Err" if self.at(at + 1) == "(" => changes.extend(self.error(at)),
            _ => {}
        }
        if self.language == Language::Rust && at > 0 && self.at(at - 1) == "." {
            changes.extend(self.method(at));
        }
        changes
    }

    /// The index of the token that closes the bracket at `open`.
    fn closing(&self, open: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for index in open..self.tokens.len() {
            match self.at(index) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(index);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// The condition of `if` or `while`, negated, and always true or false.
    fn negated(&self, at: usize) -> Vec<Change> {
        let range = match self.language {
            Language::C => match self.closing(at + 1) {
                Some(close) if self.at(at + 1) == "(" => {
                    self.tokens[at + 1].range.end..self.tokens[close].range.start
                }
                Some(_) | None => return Vec::new(),
            },
            Language::Rust if self.at(at + 1) != "let" => {
                let body = (at + 1..self.tokens.len()).find(|&index| self.at(index) == "{");
                let Some(body) = body else {
                    return Vec::new();
                };
                self.tokens[at + 1].range.start..self.tokens[body].range.start
            }
            Language::Rust | Language::Toml => return Vec::new(),
        };
        let condition = self.source[range.clone()].trim();
        let [never, always] = match self.language {
            Language::C => ["0", "1"],
            Language::Rust | Language::Toml => ["false ", "true "],
        };
        [
            (format!("!({condition})"), "negate condition"),
            (never.to_owned(), "condition is false"),
            (always.to_owned(), "condition is true"),
        ]
        .map(|(after, operator)| Change {
            range: range.clone(),
            after: if after.ends_with([' ', '0', '1']) {
                after
            } else {
                format!("{after} ")
            },
            operator,
        })
        .into()
    }

    /// Another value returned by a C function.
    fn returned(&self, at: usize) -> Vec<Change> {
        let end = (at + 1..self.tokens.len()).find(|&index| self.at(index) == ";");
        let Some(end) = end.filter(|&end| end > at + 1) else {
            return Vec::new();
        };
        let range = self.tokens[at + 1].range.start..self.tokens[end].range.start;
        let value = &self.source[range.clone()];
        let others: &[&str] = match self.language {
            // C asks whether a value is zero, so another one that is not would be the same.
            Language::C if matches!(value, "0" | "NULL") => &["1"],
            Language::C if value.parse::<i64>().is_ok() => &["0"],
            Language::C => &["0", "1"],
            Language::Rust => &["Ok(Decision::Entitled)", "Ok(Decision::NotEntitled)"],
            Language::Toml => &[],
        };
        others
            .iter()
            .filter(|other| **other != value)
            .map(|other| Change {
                range: range.clone(),
                after: (*other).to_owned(),
                operator: "other return value",
            })
            .collect()
    }

    /// A decision instead of an error.
    fn error(&self, at: usize) -> Vec<Change> {
        let Some(close) = self.closing(at + 1) else {
            return Vec::new();
        };
        ["Ok(Decision::Entitled)", "Ok(Decision::NotEntitled)"]
            .map(|after| Change {
                range: self.tokens[at].range.start..self.tokens[close].range.end,
                after: after.to_owned(),
                operator: "decision for error",
            })
            .into()
    }

    /// Removes a call from a chain of methods.
    fn method(&self, at: usize) -> Vec<Change> {
        let Some(close) = self.closing(at + 1).filter(|_| self.at(at + 1) == "(") else {
            return Vec::new();
        };
        vec![Change {
            range: self.tokens[at - 1].range.start..self.tokens[close].range.end,
            after: String::new(),
            operator: "remove call",
        }]
    }

    /// Removes each statement that ends with a semicolon.
    fn statements(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut start = 0;
        let mut brackets = 0_i32;
        for index in 0..self.tokens.len() {
            match self.at(index) {
                "(" | "[" => brackets += 1,
                ")" | "]" => {
                    brackets -= 1;
                    // What a condition governs may be removed without the condition.
                    let governs = self.language == Language::C
                        && brackets == 0
                        && matches!(self.at(start), "if" | "while" | "for");
                    if governs {
                        start = index + 1;
                    }
                }
                "{" | "}" if brackets == 0 => start = index + 1,
                "else" => start = index + 1,
                ";" if brackets == 0 => {
                    if start < index {
                        changes.push(Change {
                            range: self.tokens[start].range.start..self.tokens[index].range.end,
                            after: ";".to_owned(),
                            operator: "remove statement",
                        });
                    }
                    start = index + 1;
                }
                _ => {}
            }
        }
        changes
    }

    /// Removes each line with a setting.
    fn settings(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut start = 0;
        for line in self.source.split_inclusive('\n') {
            if line.contains('=') && !line.starts_with('#') {
                changes.push(Change {
                    range: start..start + line.trim_end().len(),
                    after: String::new(),
                    operator: "remove setting",
                });
            }
            start += line.len();
        }
        changes
    }
}
