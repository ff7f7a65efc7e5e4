//! A library of templates: taken from code, files and folders, compiled once, checked, rendered.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use handlebars::{Context, Handlebars, RenderError};
use router_core::chat::JsonSchemaFormat;
use router_core::tokens::{EstimatingCounter, TokenCounter};
use router_core::{ChatRequest, Json, Message, ModelId, ResponseFormat, ToolChoice, ToolDefinition};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::check::Uses;
use crate::front_matter::{FrontMatter, split};
use crate::problem::{Problem, ProblemKind, PromptError};
use crate::variable::Vars;
use crate::{helpers, presets, roles};

/// Extensions of files that are templates.
const EXTENSIONS: &[&str] = &["hbs", "prompt", "md"];

/// Templates by id. Reading needs no lock: share it as it is, or behind an `RwLock` where it is reloaded.
pub struct Library {
    engine: Handlebars<'static>,
    pub(crate) templates: BTreeMap<String, Template>,
    helpers: BTreeSet<String>,
    folders: Vec<PathBuf>,
    strict: bool,
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
    file: Option<PathBuf>,
    pub(crate) offset: usize,
    pub(crate) uses: Uses,
}

/// A rendered template as the beginning of a call.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Prompt {
    /// The model that the template was written for.
    pub model: Option<String>,
    /// Names of the tools that the model should have.
    pub tools: Vec<String>,
    /// Messages, settings and the form of the answer.
    pub request: ChatRequest,
}

impl Prompt {
    /// The request, with those of these tools that the template names.
    #[must_use]
    pub fn with_tools(mut self, tools: impl IntoIterator<Item = ToolDefinition>) -> Self {
        let named = tools.into_iter().filter(|tool| {
            tool.name()
                .is_some_and(|name| self.tools.iter().any(|wanted| wanted == name.as_str()))
        });
        self.request.tools.extend(named);
        self
    }
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

    /// Takes in a file, under its name without the extension.
    ///
    /// # Errors
    /// Those of [`Library::add`], and [`ProblemKind::File`].
    pub fn add_file(&mut self, path: impl AsRef<Path>) -> Result<(), PromptError> {
        let path = path.as_ref();
        let id = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        self.take_file(&id, path)
    }

    /// Takes in all `.hbs`, `.prompt` and `.md` files below a folder, under their paths in it: `mail/reply`. Returns how many.
    ///
    /// # Errors
    /// Those of [`Library::add_file`], of all files; files that can be read are taken in all the same.
    pub fn add_folder(&mut self, folder: impl AsRef<Path>) -> Result<usize, PromptError> {
        let folder = folder.as_ref().to_owned();
        if !self.folders.contains(&folder) {
            self.folders.push(folder.clone());
        }
        self.read_folder(&folder).map(|changed| changed.len())
    }

    /// Reads files and folders again and takes in what has changed: the ids. Call it on a timer or on a signal; it reads every
    /// file, and compiles only those whose bytes differ. A template that can no longer be read stays as it was.
    ///
    /// # Errors
    /// Those of [`Library::add_folder`].
    pub fn reload(&mut self) -> Result<Vec<String>, PromptError> {
        let (mut changed, mut problems) = (Vec::new(), Vec::new());
        let mut keep = |read: Result<Vec<String>, PromptError>| match read {
            Ok(ids) => changed.extend(ids),
            Err(error) => problems.extend_from_slice(error.problems()),
        };
        let single: Vec<(String, PathBuf)> = self
            .templates
            .values()
            .filter_map(|template| Some((template.id.clone(), template.file.clone()?)))
            .filter(|(id, path)| {
                !id.contains('@') && !self.folders.iter().any(|folder| path.starts_with(folder))
            })
            .collect();
        for (id, path) in single {
            let before = self.hash(&id);
            keep(
                self.take_file(&id, &path)
                    .map(|()| Vec::from_iter((self.hash(&id) != before).then_some(id))),
            );
        }
        for folder in self.folders.clone() {
            keep(self.read_folder(&folder));
        }
        if problems.is_empty() {
            Ok(changed)
        } else {
            Err(PromptError::new(problems))
        }
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

    /// Renders to text. Messages follow one another as the template lays them out.
    ///
    /// # Errors
    /// [`ProblemKind::UnknownTemplate`], [`ProblemKind::MissingValue`], [`ProblemKind::UnknownValue`],
    /// [`ProblemKind::WrongType`], [`ProblemKind::CircularPartial`], [`ProblemKind::Render`].
    pub fn render(&self, id: &str, vars: &Vars) -> Result<String, PromptError> {
        let (template, context) = self.prepare(id, vars)?;
        self.engine
            .render_with_context(id, &context)
            .map_err(|error| template.failed(&error).into())
    }

    /// Renders to messages: one per block `system`, `user`, `assistant`, or one of the user where there are none.
    ///
    /// # Errors
    /// Those of [`Library::render`].
    pub fn messages(&self, id: &str, vars: &Vars) -> Result<Vec<Message>, PromptError> {
        let (template, context) = self.prepare(id, vars)?;
        let compiled = self.engine.get_template(id).ok_or_else(|| unknown(id))?;
        roles::messages(|sink| {
            use handlebars::Renderable as _;
            let mut state = handlebars::RenderContext::new(compiled.name.as_ref());
            compiled.render(&self.engine, &context, &mut state, sink)
        })
        .map_err(|error| template.failed(&error).into())
    }

    /// Renders to a request, with the settings of the front matter.
    ///
    /// # Errors
    /// Those of [`Library::render`].
    pub fn prompt(&self, id: &str, vars: &Vars) -> Result<Prompt, PromptError> {
        let mut request = ChatRequest::new(self.messages(id, vars)?);
        let template = self.get(id).ok_or_else(|| unknown(id))?;
        let front = &template.front;
        request.settings.temperature = front.temperature;
        request.settings.max_output_tokens = front.max_output_tokens;
        request.tool_choice = front.tool_choice.as_deref().map(|word| match word {
            "auto" => ToolChoice::Auto,
            "none" => ToolChoice::None,
            "required" => ToolChoice::Required,
            name => ToolChoice::Tool(name.into()),
        });
        if let Some(output) = &front.output {
            let name = output.name.clone().unwrap_or_else(|| schema_name(id));
            let format = JsonSchemaFormat::new(name, Json::from(&output.schema));
            request.response_format = Some(ResponseFormat::JsonSchema(format));
        }
        Ok(Prompt {
            model: front.model.clone(),
            tools: front.tools.clone(),
            request,
        })
    }

    fn hash(&self, id: &str) -> Option<String> {
        self.get(id).map(|template| template.hash.clone())
    }

    fn take(&mut self, id: &str, source: &str, file: Option<PathBuf>) -> Result<(), PromptError> {
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

    fn take_file(&mut self, id: &str, path: &Path) -> Result<(), PromptError> {
        let source = std::fs::read_to_string(path)
            .map_err(|error| Problem::new(ProblemKind::File, id, format!("{}: {error}", path.display())))?;
        self.take(id, &source, Some(path.to_owned()))
    }

    fn read_folder(&mut self, folder: &Path) -> Result<Vec<String>, PromptError> {
        let (mut files, mut problems, mut changed) = (Vec::new(), Vec::new(), Vec::new());
        if let Err(error) = list(folder, &mut files) {
            let message = format!("{}: {error}", folder.display());
            return Err(Problem::new(ProblemKind::File, "folder", message).into());
        }
        for path in files {
            let name = path.strip_prefix(folder).unwrap_or(&path).with_extension("");
            let parts: Vec<_> = name
                .components()
                .map(|part| part.as_os_str().to_string_lossy())
                .collect();
            let id = parts.join("/");
            let before = self.hash(&id);
            match self.take_file(&id, &path) {
                Ok(()) if self.hash(&id) != before => changed.push(id),
                Ok(()) => {}
                Err(error) => problems.extend_from_slice(error.problems()),
            }
        }
        if problems.is_empty() {
            Ok(changed)
        } else {
            Err(PromptError::new(problems))
        }
    }

    fn prepare(&self, id: &str, vars: &Vars) -> Result<(&Template, Context), PromptError> {
        let template = self.get(id).ok_or_else(|| unknown(id))?;
        if let Some(circle) = self.circle(template) {
            return Err(circle.into());
        }
        let mut resolved = vars.resolve(id, &template.front.variables);
        if let (Err(problems), false) = (&mut resolved, self.strict) {
            problems.retain(|problem| problem.kind != ProblemKind::UnknownValue);
            if problems.is_empty() {
                resolved = Ok(vars.lenient(&template.front.variables));
            }
        }
        Ok((template, Context::from(resolved.map_err(PromptError::new)?)))
    }
}

impl Template {
    fn failed(&self, error: &RenderError) -> Problem {
        let problem = Problem::new(ProblemKind::Render, &self.id, error.reason().to_string());
        match (error.line_no, error.column_no) {
            (Some(line), Some(column)) if error.template_name.as_deref() == Some(&self.id) => {
                problem.at(line + self.offset, column)
            }
            _ => problem,
        }
    }
}

fn unknown(id: &str) -> Problem {
    Problem::new(
        ProblemKind::UnknownTemplate,
        id,
        "there is no template with this id",
    )
}

/// Names of schemas have letters, digits, `_` and `-`.
fn schema_name(id: &str) -> String {
    id.chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter
            } else {
                '_'
            }
        })
        .take(64)
        .collect()
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut entries: Vec<_> = std::fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        // Links are not followed: they may lead in circles.
        if entry.file_type()?.is_dir() {
            list(&path, files)?;
        } else if path
            .extension()
            .is_some_and(|kind| EXTENSIONS.iter().any(|known| kind == *known))
        {
            files.push(path);
        }
    }
    Ok(())
}
