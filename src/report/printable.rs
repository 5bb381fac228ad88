//! Text from files, such as names and titles, made safe for terminals and pages.

use std::borrow::Cow;

/// A text in which characters that move the cursor, change colours or reverse the reading direction are replaced by their
/// code, such as `\\u001b`. Line ends and tabs stay.
///
/// The codes are those of JSON, so that a JSON document stays one and means what it meant.
pub fn printable(text: &str) -> Cow<'_, str> {
    let mut letters = text.chars().peekable();
    let mut safe = String::new();
    while let Some(letter) = letters.next() {
        let is_line_end = letter == '\r' && letters.peek() == Some(&'\n');
        if is_hidden(letter) && !is_line_end {
            safe += &format!("\\u{:04x}", u32::from(letter));
        } else {
            safe.push(letter);
        }
    }
    match safe == text {
        true => Cow::Borrowed(text),
        false => Cow::Owned(safe),
    }
}

/// Control characters but line ends and tabs, marks of the reading direction, and separators of lines that terminals do not
/// show.
fn is_hidden(letter: char) -> bool {
    match letter {
        '\n' | '\t' => false,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            true
        }
        other => other.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_terminals_obey_is_shown_as_a_code() {
        assert_eq!(printable("po\u{1b}[31mre"), "po\\u001b[31mre");
        assert_eq!(
            printable("a\u{7}b\0c\rd\u{9b}e"),
            "a\\u0007b\\u0000c\\u000dd\\u009be"
        );
        assert_eq!(printable("\u{202e}evil\u{2069}"), "\\u202eevil\\u2069");
    }

    #[test]
    fn ordinary_text_stays_and_is_not_copied() {
        let text = "pore (0)\t30 µm ± 5 %, 孔隙\r\nsecond line\n";
        assert!(matches!(printable(text), Cow::Borrowed(same) if same == text));
    }

    #[test]
    fn json_means_what_it_meant() {
        let document = serde_json::json!({ "name": "po\u{7f}re \u{202e}" });
        let text = serde_json::to_string_pretty(&document).unwrap();
        assert!(printable(&text).contains("\\u202e"));
        let read: serde_json::Value = serde_json::from_str(&printable(&text)).unwrap();
        assert_eq!(read, document);
    }
}
