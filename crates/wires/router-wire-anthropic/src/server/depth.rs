//! Tells when JSON that arrives in pieces is complete.

/// How deep inside of JSON its end is, to know whether an object is complete.
#[derive(Debug, Default)]
pub(super) struct Depth {
    level: u32,
    begun: bool,
    in_string: bool,
    escaped: bool,
}

impl Depth {
    pub(super) fn read(&mut self, text: &str) {
        for byte in text.bytes() {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.in_string => self.escaped = true,
                b'"' => self.in_string = !self.in_string,
                b'{' | b'[' if !self.in_string => {
                    self.level += 1;
                    self.begun = true;
                }
                b'}' | b']' if !self.in_string => self.level = self.level.saturating_sub(1),
                _ => {}
            }
        }
    }

    pub(super) fn is_complete(&self) -> bool {
        self.begun && self.level == 0
    }
}

#[cfg(test)]
mod tests {
    use super::Depth;

    #[test]
    fn an_object_is_complete_at_its_last_brace() {
        let mut depth = Depth::default();
        for piece in [r#"{"a":"#, r#""}\""#, r#"","b":[1"#, "]"] {
            depth.read(piece);
            assert!(!depth.is_complete(), "{piece}");
        }
        depth.read("}");
        assert!(depth.is_complete());
    }
}
