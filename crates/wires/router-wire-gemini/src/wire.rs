//! The words of an answer.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use router_core::Json;
use router_wire::lenient::{List, Num, Str};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A field that is not named here.
pub(crate) type Unnamed<'a> = (Cow<'a, str>, &'a RawValue);

/// An object that keeps the fields it does not name. There are none as a rule, and keeping none costs nothing.
macro_rules! open_object {
    ($(#[$doc:meta])* $name:ident { $($key:literal => $field:ident: $type:ty,)+ }) => {
        $(#[$doc])*
        #[derive(Default)]
        pub(crate) struct $name<'a> {
            $(pub(crate) $field: $type,)+
            pub(crate) rest: Vec<Unnamed<'a>>,
        }

        impl<'de: 'a, 'a> Deserialize<'de> for $name<'a> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Fields<'a>(PhantomData<&'a ()>);
                impl<'de: 'a, 'a> Visitor<'de> for Fields<'a> {
                    type Value = $name<'a>;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_unit<E>(self) -> Result<Self::Value, E> {
                        Ok($name::default())
                    }

                    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                        let mut value = $name::default();
                        while let Some(Str(name)) = map.next_key::<Str<'de>>()? {
                            let name = name.unwrap_or_default();
                            match &*name {
                                $($key => value.$field = map.next_value()?,)+
                                _ => value.rest.push((name, map.next_value()?)),
                            }
                        }
                        value.rest.retain(|(_, raw)| raw.get() != "null");
                        Ok(value)
                    }
                }
                deserializer.deserialize_any(Fields(PhantomData))
            }
        }
    };
}

open_object! {
    /// A whole answer, or a piece of one.
    Answer {
        "candidates" => candidates: List<Candidate<'a>>,
        "promptFeedback" => prompt_feedback: Feedback<'a>,
        "usageMetadata" => usage_metadata: Option<&'a RawValue>,
        "modelVersion" => model_version: Str<'a>,
        "responseId" => response_id: Str<'a>,
        "error" => error: Option<&'a RawValue>,
    }
}

open_object! {
    /// Why a prompt was not answered.
    Feedback {
        "blockReason" => block_reason: Str<'a>,
        "blockReasonMessage" => block_reason_message: Str<'a>,
    }
}

open_object! {
    /// One choice.
    Candidate {
        "index" => index: Num,
        "content" => content: Content<'a>,
        "finishReason" => finish_reason: Str<'a>,
        "logprobsResult" => logprobs_result: Option<&'a RawValue>,
    }
}

open_object! {
    Content {
        "role" => role: Str<'a>,
        "parts" => parts: List<Part<'a>>,
    }
}

open_object! {
    /// One part, with the one field that says what it is.
    Part {
        "text" => text: Option<Str<'a>>,
        "thought" => thought: Option<bool>,
        "thoughtSignature" => thought_signature: Str<'a>,
        "functionCall" => function_call: Option<FunctionCall<'a>>,
        "inlineData" => inline_data: Option<InlineData<'a>>,
        "fileData" => file_data: Option<FileData<'a>>,
    }
}

impl Part<'_> {
    /// The part as it came, put together again.
    pub(crate) fn raw(&self) -> Json {
        let signature = self.thought_signature.filled().map(Json::of);
        let mut fields: Vec<(&str, Json)> = Vec::with_capacity(self.rest.len() + 1);
        fields.extend(self.rest.iter().map(|(name, raw)| (&**name, Json::from_raw(raw))));
        if let Some(Ok(signature)) = signature {
            fields.push(("thoughtSignature", signature));
        }
        let mut object = String::from("{");
        for (place, (name, value)) in fields.iter().enumerate() {
            object.push_str(if place == 0 { "" } else { "," });
            object.push_str(&serde_json::Value::from(*name).to_string());
            object.push(':');
            object.push_str(value.as_str());
        }
        object.push('}');
        Json::parse(object).unwrap_or_else(|_| Json::null())
    }
}

open_object! {
    FunctionCall {
        "id" => id: Str<'a>,
        "name" => name: Str<'a>,
        "args" => args: Option<&'a RawValue>,
        "partialArgs" => partial_args: List<PartialArg<'a>>,
        "willContinue" => will_continue: Option<bool>,
    }
}

open_object! {
    /// A piece of arguments that Vertex streams: a value at a JSON path.
    PartialArg {
        "jsonPath" => json_path: Str<'a>,
        "stringValue" => string_value: Option<Str<'a>>,
        "numberValue" => number_value: Option<&'a RawValue>,
        "boolValue" => bool_value: Option<bool>,
    }
}

open_object! {
    InlineData {
        "mimeType" => mime_type: Str<'a>,
        "data" => data: Str<'a>,
    }
}

open_object! {
    FileData {
        "mimeType" => mime_type: Str<'a>,
        "fileUri" => file_uri: Str<'a>,
    }
}
