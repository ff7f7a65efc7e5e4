//! A library of templates: taken from code, files and folders, compiled once, checked, rendered.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use handlebars::Handlebars;
use router_core::ModelId;
use router_core::tokens::{EstimatingCounter, TokenCounter};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::check::Uses;
use crate::front_matter::{FrontMatter, split};
use crate::problem::{Problem, ProblemKind, PromptError};
use crate::{helpers, presets, roles};

/// Templates by id. Reading needs no lock: share it as it is, or as [`Watched`](crate::Watched) where its files may change.
#[derive(Clone)]
pub struct Library {
    pub(crate) engine: Handlebars<'static>,
    pub(crate) templates: BTreeMap<String, Template>,
    helpers: BTreeSet<String>,
    pub(crate) folders: Vec<PathBuf>,
    pub(crate) strict: bool,
}

/// A template of a library.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Template {
    /// Its id: the file's path below its folder without the extension, or what the code said.
    pub id: String,
    /// Its front matter.
    pub front: FrontMatter,
    /// SHA-256 of its whole source, in hexadecimal digits.
    pub hash: String,
    /// The source behind the front matter.
    pub body: String,
    pub(crate) file: Option<PathBuf>,
    pub(crate) offset: usize,
    pub(crate) uses: Uses,
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Library")
            .field("templates", &self.templates.keys())
            .finish_non_exhaustive()
    }
}

impl Default for Library {
    fn default() -> Self {
        Self::new()
    }
}

impl Library {
    /// An empty library: strict, estimated tokens, the system's clock.
    #[must_use]
    pub fn new() -> Self {
        let mut engine = Handlebars::new();
        engine.register_escape_fn(handlebars::no_escape);
        engine.set_strict_mode(true);
        // A value of several lines stays as it is also in an indented partial.
        engine.set_prevent_indent(true);
        helpers::register(&mut engine);
        roles::register(&mut engine);
        let names = [
            "if",
            "unless",
            "each",
            "with",
            "lookup",
            "eq",
            "ne",
            "gt",
            "gte",
            "lt",
            "lte",
            "and",
            "or",
            "not",
            "len",
            "upper",
            "lower",
            "trim",
            "title",
            "capitalize",
            "escape_xml",
            "escape_markdown",
            "default",
            "json",
            "indent",
            "join",
            "truncate",
            "date",
            "system",
            "user",
            "assistant",
            "image",
            "cache",
        ];
        let library = Self {
            engine,
            templates: BTreeMap::new(),
            helpers: names.into_iter().map(str::to_owned).collect(),
            folders: Vec::new(),
            strict: true,
        };
        library
            .with_counter(Arc::new(EstimatingCounter), "")
            .with_clock(SystemTime::now)
    }

    /// A library with the presets: `summarize` in English, `zh/summarize` in Chinese, and so on.
    ///
    /// # Panics
    /// Never: the presets are part of the crate, and a test takes them in.
    #[must_use]
    pub fn with_presets() -> Self {
        let mut library = Self::new();
        for (id, source) in presets::ALL {
            library.add(id, source).expect("a preset is a template");
        }
        library
    }

    /// With a counter and a model for the helper `truncate`.
    #[must_use]
    pub fn with_counter(mut self, counter: Arc<dyn TokenCounter>, model: impl Into<ModelId>) -> Self {
        helpers::register_truncate(&mut self.engine, counter, model.into());
        self
    }

    /// With a clock for the helper `date`.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        helpers::register_date(&mut self.engine, Arc::new(clock));
        self
    }

    /// With a helper of one's own: from the values of its parameters to a value, or to a reason why not.
    #[must_use]
    pub fn with_helper(
        mut self,
        name: &str,
        helper: impl Fn(&[&Value]) -> Result<Value, String> + Send + Sync + 'static,
    ) -> Self {
        helpers::add(&mut self.engine, name, helper);
        self.helpers.insert(name.to_owned());
        self
    }

    /// Taking variables that no template declares, and fields that are not there as empty.
    #[must_use]
    pub fn lenient(mut self) -> Self {
        self.engine.set_strict_mode(false);
        self.strict = false;
        self
    }

    /// Takes in a template. One with the same id is replaced; one with a version stays at hand as `id@version`.
    ///
    /// # Errors
    /// [`ProblemKind::Syntax`] and [`ProblemKind::FrontMatter`], with line and column. The library is then as before.
    pub fn add(&mut self, id: &str, source: &str) -> Result<(), PromptError> {
        self.take(id, source, None)
    }

    /// The templates, by id.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        self.templates.values()
    }

    /// A template by id, or by `id@version`.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Template> {
        self.templates.get(id)
    }

    /// All that is wrong with the templates, before any is used: undeclared and unused variables, helpers and partials that
    /// are not there, circles.
    #[must_use]
    pub fn check(&self) -> Vec<Problem> {
        self.templates
            .values()
            .flat_map(|template| self.check_one(template))
            .collect()
    }

    pub(crate) fn hash(&self, id: &str) -> Option<String> {
        self.get(id).map(|template| template.hash.clone())
    }

    pub(crate) fn take(&mut self, id: &str, source: &str, file: Option<PathBuf>) -> Result<(), PromptError> {
        let hash: String = Sha256::digest(source.as_bytes())
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        if self.hash(id).as_ref() == Some(&hash) {
            return Ok(());
        }
        let (front, body, offset) = split(id, source)?;
        let compiled = handlebars::Template::compile_with_name(&body, id.to_owned()).map_err(|error| {
            let problem = Problem::new(ProblemKind::Syntax, id, error.reason().to_string());
            match error.pos() {
                Some((line, column)) => problem.at(line + offset, column),
                None => problem,
            }
        })?;
        let uses = Uses::of(&compiled, &self.helpers);
        let template = Template {
            id: id.to_owned(),
            front,
            hash,
            body,
            file,
            offset,
            uses,
        };
        if let Some(version) = &template.front.version {
            let versioned = format!("{id}@{version}");
            self.engine.register_template(&versioned, compiled.clone());
            self.templates.insert(versioned, template.clone());
        }
        self.engine.register_template(id, compiled);
        self.templates.insert(id.to_owned(), template);
        Ok(())
    }
}
