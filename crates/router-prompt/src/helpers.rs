//! Helpers: functions from values to a value, which templates may call.

use std::sync::Arc;
use std::time::SystemTime;

use handlebars::{
    Context, Handlebars, Helper, HelperDef, JsonRender as _, RenderContext, RenderError, RenderErrorReason,
    ScopedJson,
};
use router_core::ModelId;
use router_core::tokens::TokenCounter;
use serde_json::Value;

/// A helper: takes the values of its parameters, gives a value or a reason.
pub(crate) type Function = dyn Fn(&[&Value]) -> Result<Value, String> + Send + Sync;

/// The clock that `date` reads.
pub(crate) type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// A function made a helper.
pub(crate) struct Call(pub(crate) Box<Function>);

impl HelperDef for Call {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        registry: &'reg Handlebars<'reg>,
        context: &'rc Context,
        render: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        if let Some(value) = variable(helper, context, render) {
            return Ok(value);
        }
        let missing = helper.params().iter().find(|param| param.is_value_missing());
        if let Some(missing) = missing.filter(|_| registry.strict_mode()) {
            return Err(RenderError::strict_error(missing.relative_path()));
        }
        let values: Vec<&Value> = helper.params().iter().map(|param| param.value()).collect();
        let value = (self.0)(&values)
            .map_err(|why| RenderErrorReason::Other(format!("helper {}: {why}", helper.name())))?;
        Ok(ScopedJson::Derived(value))
    }
}

/// The variable that bears a helper's name: `{{title}}` alone is the variable, `{{title text}}` the helper.
pub(crate) fn variable<'rc>(
    helper: &Helper<'rc>,
    context: &'rc Context,
    render: &RenderContext<'_, 'rc>,
) -> Option<ScopedJson<'rc>> {
    if !helper.params().is_empty() {
        return None;
    }
    let value = render.evaluate(context, helper.name()).ok()?;
    (!value.is_missing()).then_some(value)
}

/// Puts the helpers of the house in.
pub(crate) fn register(engine: &mut Handlebars<'_>) {
    let mut text = |name: &str, function: fn(&str) -> String| {
        add(engine, name, move |params| Ok(function(&word(params, 0)?).into()));
    };
    text("upper", |text| text.to_uppercase());
    text("lower", |text| text.to_lowercase());
    text("trim", |text| text.trim().to_owned());
    text("title", title);
    text("capitalize", capitalize);
    text("escape_xml", escape_xml);
    text("escape_markdown", escape_markdown);
    add(engine, "default", |params| {
        let value = params.first().copied().unwrap_or(&Value::Null);
        let is_empty = value.is_null() || value.as_str() == Some("");
        Ok(if is_empty {
            params.get(1).copied().cloned().unwrap_or(Value::Null)
        } else {
            value.clone()
        })
    });
    add(engine, "json", |params| {
        let value = params.first().ok_or("needs a value")?;
        let text = match number(params, 1) {
            Ok(_) => serde_json::to_string_pretty(value),
            Err(_) => serde_json::to_string(value),
        };
        text.map(Value::from).map_err(|error| error.to_string())
    });
    add(engine, "indent", |params| {
        let (text, by) = (word(params, 0)?, " ".repeat(number(params, 1)?.min(MOST_INDENT)));
        let lines: Vec<String> = text.split('\n').map(|line| format!("{by}{line}")).collect();
        Ok(lines.join("\n").into())
    });
    add(engine, "join", |params| {
        let items = params
            .first()
            .and_then(|list| list.as_array())
            .ok_or("needs a list")?;
        let between = params.get(1).map_or(", ".to_owned(), |between| between.render());
        let items: Vec<String> = items.iter().map(|item| item.render()).collect();
        Ok(items.join(&between).into())
    });
}

const MOST_INDENT: usize = 200;

/// `truncate text 100`: the beginning of a text, at most so many tokens.
pub(crate) fn register_truncate(engine: &mut Handlebars<'_>, counter: Arc<dyn TokenCounter>, model: ModelId) {
    add(engine, "truncate", move |params| {
        let (text, most) = (word(params, 0)?, number(params, 1)?);
        Ok(truncate(counter.as_ref(), &model, &text, most as u64).into())
    });
}

/// `date "%Y-%m-%d"`: now, in UTC; `date value "%d.%m.%Y"`: a time in RFC 3339 or a date.
pub(crate) fn register_date(engine: &mut Handlebars<'_>, clock: Clock) {
    add(engine, "date", move |params| {
        let (time, format) = match params {
            [] => (None, "%Y-%m-%d".to_owned()),
            [format] => (None, format.render()),
            [time, format, ..] => (Some(time.render()), format.render()),
        };
        let time = match time {
            None => jiff::Timestamp::try_from(clock())
                .map_err(|error| error.to_string())?
                .to_zoned(jiff::tz::TimeZone::UTC),
            Some(text) => read_time(&text).ok_or_else(|| format!("{text:?} is no date"))?,
        };
        let formatted = jiff::fmt::strtime::format(&format, &time).map_err(|error| error.to_string())?;
        Ok(formatted.into())
    });
}

fn read_time(text: &str) -> Option<jiff::Zoned> {
    let utc = jiff::tz::TimeZone::UTC;
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Some(time.to_zoned(utc));
    }
    text.parse::<jiff::civil::Date>().ok()?.to_zoned(utc).ok()
}

pub(crate) fn add(
    engine: &mut Handlebars<'_>,
    name: &str,
    function: impl Fn(&[&Value]) -> Result<Value, String> + Send + Sync + 'static,
) {
    engine.register_helper(name, Box::new(Call(Box::new(function))));
}

fn word(params: &[&Value], at: usize) -> Result<String, String> {
    params
        .get(at)
        .map(|value| value.render())
        .ok_or_else(|| format!("needs a value at place {}", at + 1))
}

fn number(params: &[&Value], at: usize) -> Result<usize, String> {
    let number = params.get(at).and_then(|value| value.as_u64());
    number
        .map(|number| number as usize)
        .ok_or_else(|| format!("needs a number at place {}", at + 1))
}

/// The longest beginning of a text that is at most so many tokens.
fn truncate(counter: &dyn TokenCounter, model: &ModelId, text: &str, most: u64) -> String {
    if counter.count_text(model, text) <= most {
        return text.to_owned();
    }
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let fitting = ends.partition_point(|end| counter.count_text(model, &text[..*end]) <= most);
    let end = fitting.checked_sub(1).map_or(0, |at| ends[at]);
    text[..end].to_owned()
}

fn capitalize(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn title(text: &str) -> String {
    text.split_inclusive(char::is_whitespace)
        .map(capitalize)
        .collect()
}

fn escape_xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            letter => out.push(letter),
        }
    }
    out
}

fn escape_markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if r"\`*_{}[]()#+-.!|<>~".contains(letter) {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}
