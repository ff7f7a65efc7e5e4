//! Forms with files, `multipart/form-data`: written for vendors, and read from clients.

use bytes::{BufMut as _, Bytes, BytesMut};
use http::header::{CONTENT_TYPE, HeaderValue};
use router_core::{Error, ErrorKind, Result, Text};
use serde_json::value::RawValue;

use crate::message::HttpRequest;
use crate::object::{Object, list_of};

#[cfg(feature = "server")]
mod read;

/// A form: texts and files, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    fields: Vec<Field>,
}

/// One field of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Name and MIME type, where it is a file.
    pub file: Option<File>,
    /// What it holds.
    pub data: Bytes,
}

/// What is said of a file beside what it holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its MIME type.
    pub media_type: Option<String>,
}

impl Form {
    /// A form without fields.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The fields of a JSON object as fields of a form: texts and numbers as they are, lists as one field `name[]` for each
    /// element, objects as JSON, `null` not at all.
    ///
    /// # Errors
    /// `InvalidRequest` when it is no object.
    pub fn of_object(json: &[u8]) -> Result<Self> {
        let mut form = Self::new();
        for (name, raw) in Object::parse(json)?.into_fields() {
            match list_of(raw) {
                _ if raw.get() == "null" => {}
                Some(items) => {
                    let name = format!("{name}[]");
                    items.into_iter().for_each(|raw| form.push_json(&name, raw));
                }
                None => form.push_json(&name, raw),
            }
        }
        Ok(form)
    }

    fn push_json(&mut self, name: &str, raw: &RawValue) {
        let text = serde_json::from_str::<String>(raw.get()).unwrap_or_else(|_| raw.get().to_owned());
        self.push_text(name, text);
    }

    /// Adds a text.
    pub fn push_text(&mut self, name: &str, text: impl Into<Text>) {
        self.fields.push(Field {
            name: name.to_owned(),
            file: None,
            data: text.into().into_bytes(),
        });
    }

    /// Adds a file.
    pub fn push_file(
        &mut self,
        name: &str,
        file_name: &str,
        media_type: Option<&str>,
        data: impl Into<Bytes>,
    ) {
        self.fields.push(Field {
            name: name.to_owned(),
            file: Some(File {
                name: file_name.to_owned(),
                media_type: media_type.map(str::to_owned),
            }),
            data: data.into(),
        });
    }

    /// The fields, in order.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The form as a request. Equal forms give equal bytes.
    ///
    /// # Errors
    /// `InvalidRequest` for a MIME type that cannot stand in a header.
    pub fn into_request(self, path: impl Into<Text>) -> Result<HttpRequest> {
        self.sent_to(path.into())
    }

    fn sent_to(self, path: Text) -> Result<HttpRequest> {
        let boundary = self.boundary();
        let size: usize = self.fields.iter().map(|field| field.data.len() + 256).sum();
        let mut body = BytesMut::with_capacity(size);
        for field in &self.fields {
            body.put_slice(format!("--{boundary}\r\n").as_bytes());
            let name = quoted(&field.name);
            body.put_slice(format!("Content-Disposition: form-data; name=\"{name}\"").as_bytes());
            if let Some(file) = &field.file {
                body.put_slice(format!("; filename=\"{}\"", quoted(&file.name)).as_bytes());
                let media_type = file.media_type.as_deref().unwrap_or("application/octet-stream");
                if HeaderValue::from_str(media_type).is_err() {
                    let message = format!("{}: the media type cannot stand in a header", field.name);
                    return Err(Error::new(ErrorKind::InvalidRequest, message));
                }
                body.put_slice(format!("\r\nContent-Type: {media_type}").as_bytes());
            }
            body.put_slice(b"\r\n\r\n");
            body.put_slice(&field.data);
            body.put_slice(b"\r\n");
        }
        body.put_slice(format!("--{boundary}--\r\n").as_bytes());
        let content_type = HeaderValue::from_str(&format!("multipart/form-data; boundary={boundary}"))
            .map_err(|error| Error::new(ErrorKind::InvalidRequest, error.to_string()))?;
        let request = HttpRequest::new(http::Method::POST, path).with_header(CONTENT_TYPE, content_type);
        Ok(HttpRequest {
            body: body.freeze(),
            ..request
        })
    }

    /// A line that stands in no field. Made from what the form holds, so that equal forms are equal requests.
    fn boundary(&self) -> String {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for field in &self.fields {
            for byte in field.name.bytes().chain(field.data.len().to_le_bytes()) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
            }
        }
        loop {
            let boundary = format!("form-{hash:016x}");
            let finder = memchr::memmem::Finder::new(&boundary);
            if self.fields.iter().all(|field| finder.find(&field.data).is_none()) {
                return boundary;
            }
            hash = hash.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(1);
        }
    }
}

/// A name between quotes, as browsers write it.
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}
