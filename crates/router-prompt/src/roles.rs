//! Messages out of a template: `{{#system}}`, `{{#user}}`, `{{#assistant}}`, pictures and cache marks.
//!
//! What is a message is decided by the template's own blocks while it is rendered, never by reading the rendered text. So a
//! value cannot open a message, whatever stands in it.

use std::cell::RefCell;
use std::io;

use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext, RenderError,
    RenderErrorReason, Renderable as _,
};
use router_core::content::MediaKind;
use router_core::{CacheMark, Content, ContentPart, Media, Message, Role, Text};

use crate::helpers::variable;

thread_local! {
    /// The messages of the rendering under way on this thread; rendering never waits.
    static DRAFT: RefCell<Option<Draft>> = const { RefCell::new(None) };
}

/// Messages as far as they are rendered.
#[derive(Default)]
struct Draft {
    messages: Vec<Message>,
    open: Option<Role>,
    parts: Vec<ContentPart>,
    text: String,
    outside: String,
}

impl Draft {
    /// Makes the text so far a part.
    fn cut(&mut self) {
        if !self.text.is_empty() {
            self.parts.push(std::mem::take(&mut self.text).into());
        }
    }

    fn close(&mut self, role: Role) {
        // The line break in front of the closing tag belongs to the template's layout.
        if self.text.ends_with('\n') {
            self.text.pop();
        }
        let content = if self.parts.is_empty() {
            Content::from(std::mem::take(&mut self.text))
        } else {
            self.cut();
            Content::from(std::mem::take(&mut self.parts))
        };
        self.messages.push(Message::new(role, content));
    }
}

/// Where rendered text goes: into the draft.
pub(crate) struct Sink;

impl Output for Sink {
    fn write(&mut self, text: &str) -> Result<(), io::Error> {
        with(|draft| draft.text.push_str(text));
        Ok(())
    }
}

fn with<T>(change: impl FnOnce(&mut Draft) -> T) -> Option<T> {
    DRAFT.with_borrow_mut(|draft| draft.as_mut().map(change))
}

/// Takes the draft away again, also when rendering panics.
struct Guard;

impl Drop for Guard {
    fn drop(&mut self) {
        DRAFT.take();
    }
}

/// Renders into messages. A template without roles is one message of the user.
pub(crate) fn messages(
    render: impl FnOnce(&mut Sink) -> Result<(), RenderError>,
) -> Result<Vec<Message>, RenderError> {
    let _guard = Guard;
    DRAFT.set(Some(Draft::default()));
    render(&mut Sink)?;
    let mut draft = DRAFT.take().unwrap_or_default();
    if draft.messages.is_empty() {
        draft.text.insert_str(0, &std::mem::take(&mut draft.outside));
        draft.close(Role::User);
    } else if !(draft.parts.is_empty() && draft.outside.trim().is_empty() && draft.text.trim().is_empty()) {
        return Err(RenderErrorReason::Other("text stands outside of its messages".to_owned()).into());
    }
    Ok(draft.messages)
}

pub(crate) fn register(engine: &mut Handlebars<'_>) {
    for (name, role) in [
        ("system", Role::System),
        ("user", Role::User),
        ("assistant", Role::Assistant),
    ] {
        engine.register_helper(name, Box::new(Block(role)));
    }
    engine.register_helper("image", Box::new(Picture));
    engine.register_helper("cache", Box::new(Mark));
}

/// A message. In a template that is rendered to text, its text.
struct Block(Role);

impl HelperDef for Block {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        registry: &'reg Handlebars<'reg>,
        context: &'rc Context,
        render: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let Some(block) = helper.template() else {
            let value = variable(helper, context, render).ok_or(RenderErrorReason::BlockContentRequired)?;
            out.write(&value.render())?;
            return Ok(());
        };
        let nested = with(|draft| {
            let text = std::mem::take(&mut draft.text);
            draft.outside.push_str(&text);
            draft.open.replace(self.0).is_some()
        });
        if nested == Some(true) {
            return Err(RenderErrorReason::Other("a message stands inside of another".to_owned()).into());
        }
        block.render(registry, context, render, out)?;
        with(|draft| {
            draft.open = None;
            draft.close(self.0);
        });
        Ok(())
    }
}

/// `{{image url}}`: a picture by address or `data:` URL. In a template that is rendered to text, the address.
struct Picture;

impl HelperDef for Picture {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let url = helper.param(0).and_then(|param| param.value().as_str());
        let url = url.ok_or(RenderErrorReason::ParamNotFoundForIndex("image", 0))?;
        let added = with(|draft| {
            draft.cut();
            let url = Text::from(url);
            let media = Media::from_data_url(MediaKind::Image, &url);
            draft
                .parts
                .push(media.unwrap_or_else(|| Media::image_url(url)).into());
        });
        if added.is_none() {
            out.write(url)?;
        }
        Ok(())
    }
}

/// `{{cache}}`: the prompt up to here is the same in many calls and worth keeping at the vendor. `{{cache "1h"}}` says how
/// long. In a template that is rendered to text, nothing.
struct Mark;

impl HelperDef for Mark {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        _: &mut dyn Output,
    ) -> HelperResult {
        let ttl = helper.param(0).and_then(|param| param.value().as_str());
        let mark = ttl.map_or_else(CacheMark::new, CacheMark::with_ttl);
        with(|draft| {
            draft.cut();
            let riders = draft.parts.last_mut().and_then(ContentPart::riders_mut);
            if let Some(riders) = riders {
                riders.set_cache(Some(mark));
            }
        });
        Ok(())
    }
}
