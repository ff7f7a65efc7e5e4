//! A form as a client sent it.

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::header::CONTENT_TYPE;
use multer::{Constraints, Multipart, SizeLimit};
use router_core::{Error, ErrorKind, Extra, Json, Result, Text};

use super::{Field, File, Form};
use crate::message::HttpRequest;
use crate::object::invalid;

/// Most fields of a form. More is no form that any endpoint takes.
const MOST_FIELDS: usize = 128;

fn boundary(request: &HttpRequest) -> Option<String> {
    multer::parse_boundary(request.header(CONTENT_TYPE.as_str())?).ok()
}

impl Form {
    /// Whether a request holds a form.
    #[must_use]
    pub fn is_in(request: &HttpRequest) -> bool {
        boundary(request).is_some()
    }

    /// The form in a request.
    ///
    /// # Errors
    /// `InvalidRequest` for what is no form, is cut off, or has more than 128 fields.
    pub fn read(request: &HttpRequest) -> Result<Self> {
        let Some(boundary) = boundary(request) else {
            return Err(no_form("expected multipart/form-data with a boundary"));
        };
        let body = request.body.clone();
        let limits = Constraints::new().size_limit(SizeLimit::new().whole_stream(body.len() as u64));
        let source = futures_util::stream::iter([Ok::<Bytes, std::convert::Infallible>(body)]);
        let mut parts = Multipart::with_constraints(source, boundary, limits);
        // The body is all there, so that nothing is ever waited for.
        let read = async move {
            let mut form = Self::new();
            while let Some(part) = parts.next_field().await? {
                let name = part.name().unwrap_or_default().to_owned();
                let file = part.file_name().map(|file| File {
                    name: file.to_owned(),
                    media_type: part.content_type().map(ToString::to_string),
                });
                form.fields.push(Field {
                    name,
                    file,
                    data: part.bytes().await?,
                });
                if form.fields.len() > MOST_FIELDS {
                    break;
                }
            }
            Ok::<_, multer::Error>(form)
        };
        let form = match read.now_or_never() {
            Some(Ok(form)) => form,
            Some(Err(error)) => return Err(no_form(&error.to_string())),
            None => return Err(no_form("it is incomplete")),
        };
        if form.fields.len() > MOST_FIELDS {
            return Err(no_form(&format!("it has more than {MOST_FIELDS} fields")));
        }
        Ok(form)
    }

    /// Takes a text.
    ///
    /// # Errors
    /// `InvalidRequest` naming the field when it is a file or no UTF-8.
    pub fn text(&mut self, name: &str) -> Result<Option<Text>> {
        Ok(self.texts(name)?.pop())
    }

    /// Takes a text that must be there.
    ///
    /// # Errors
    /// `InvalidRequest` naming the field when it is absent, a file or no UTF-8.
    pub fn required_text(&mut self, name: &str) -> Result<Text> {
        self.text(name)?.ok_or_else(|| invalid(name, "is required"))
    }

    /// Takes all texts of a name, also of the form `name[]`.
    ///
    /// # Errors
    /// `InvalidRequest` naming the field when one is a file or no UTF-8.
    pub fn texts(&mut self, name: &str) -> Result<Vec<Text>> {
        self.take(name)
            .into_iter()
            .map(|field| match field.file {
                Some(_) => Err(invalid(name, "must be a text and no file")),
                None => Text::from_utf8(field.data).map_err(|_| invalid(name, "is not UTF-8")),
            })
            .collect()
    }

    /// Takes a value that is written as JSON: a number, a truth value.
    ///
    /// # Errors
    /// `InvalidRequest` naming the field when it is of another type.
    pub fn parsed<T: serde::de::DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>> {
        let Some(text) = self.text(name)?.filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        // Python's clients write `True`.
        let lower = text.to_ascii_lowercase();
        let text = match lower.as_str() {
            "true" | "false" => &lower,
            _ => text.as_str(),
        };
        serde_json::from_str(text)
            .map(Some)
            .map_err(|error| invalid(name, &error.to_string()))
    }

    /// Takes all files of a name, also of the form `name[]`.
    ///
    /// # Errors
    /// `InvalidRequest` naming the field when one is no file.
    pub fn files(&mut self, name: &str) -> Result<Vec<(File, Bytes)>> {
        self.take(name)
            .into_iter()
            .map(|field| match field.file {
                Some(file) => Ok((file, field.data)),
                None => Err(invalid(name, "must be a file")),
            })
            .collect()
    }

    /// The texts that were not taken, for the same wire. Several of a name, and those of the form `name[]`, are a list.
    ///
    /// # Errors
    /// `InvalidRequest` naming the field when one is a file or no UTF-8: there is no endpoint that it belongs to.
    pub fn rest(mut self, wire: &'static str) -> Result<Extra> {
        let mut extra = Vec::new();
        while let Some(first) = self.fields.first() {
            let name = without_brackets(&first.name).to_owned();
            let is_list = first.name != name;
            let mut texts = self.texts(&name)?;
            let value = match texts.pop() {
                Some(only) if texts.is_empty() && !is_list => Json::of(&only)?,
                last => {
                    texts.extend(last);
                    Json::of(&texts)?
                }
            };
            extra.push((Text::from(name), value));
        }
        Ok(Extra::of(Text::from_static(wire), extra))
    }

    fn take(&mut self, name: &str) -> Vec<Field> {
        let of_name = |field: &mut Field| without_brackets(&field.name) == name;
        self.fields.extract_if(.., of_name).collect()
    }
}

fn without_brackets(name: &str) -> &str {
    name.strip_suffix("[]").unwrap_or(name)
}

fn no_form(why: &str) -> Error {
    Error::new(
        ErrorKind::InvalidRequest,
        format!("the body is not a form with files: {why}"),
    )
}
