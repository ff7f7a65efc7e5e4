//! `llm-router prompt`: templates of prompts, from the presets and from folders.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use llm_api_router::Role;
use llm_api_router::prompt::{Library, Prompt, Template, Vars};

use crate::failure::Failure;

/// Templates of prompts.
#[derive(Debug, Args)]
pub(crate) struct PromptCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the templates, with what they are for.
    List(Folders),
    /// Show a template: its variables, its source.
    Show {
        /// The template, as in `summarize`, `zh/summarize`, `summarize@1`.
        id: String,
        #[command(flatten)]
        folders: Folders,
    },
    /// Print what a template renders to.
    Render {
        /// The template.
        id: String,
        #[command(flatten)]
        values: Values,
        /// Print the request as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Tell what is wrong with the templates.
    Check(Folders),
}

/// Where templates are, besides the presets.
#[derive(Debug, Args)]
pub(crate) struct Folders {
    /// A folder of templates; may be repeated.
    #[arg(long = "prompts", value_name = "FOLDER")]
    prompts: Vec<PathBuf>,
}

/// Values for a template.
#[derive(Debug, Args)]
pub(crate) struct Values {
    #[command(flatten)]
    folders: Folders,
    /// A variable's value, as in `to=French`, or `text=@FILE`; JSON where it is no text. May be repeated.
    #[arg(long = "var", value_name = "NAME=VALUE")]
    vars: Vec<String>,
}

impl PromptCommand {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let text = match self.action {
            Action::List(folders) => list(&folders.library()?),
            Action::Show { id, folders } => show(find(&folders.library()?, &id)?),
            Action::Render { id, values, json } => {
                let prompt = values.prompt(&id, None)?;
                if json { to_json(&prompt)? } else { told(&prompt) }
            }
            Action::Check(folders) => {
                let problems = folders.library()?.check();
                if !problems.is_empty() {
                    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
                    return Err(Failure::Usage(lines.join("; ")));
                }
                "no problems\n".to_owned()
            }
        };
        crate::chat::print(&text)
    }
}

impl Folders {
    fn library(&self) -> Result<Library, Failure> {
        let mut library = Library::with_presets();
        for folder in &self.prompts {
            library
                .add_folder(folder)
                .map_err(|error| Failure::Usage(error.to_string()))?;
        }
        Ok(library)
    }
}

impl Values {
    /// The template with its values. `text` is the variable of that name, where none is given.
    pub(crate) fn prompt(&self, id: &str, text: Option<String>) -> Result<Prompt, Failure> {
        let library = self.folders.library()?;
        let template = find(&library, id)?;
        let mut vars = Vars::new();
        if let Some(text) = text {
            if !template.front.variables.contains_key("text") {
                return Err(Failure::Usage(format!(
                    "prompt {id} has no variable \"text\" for the words given; use --var"
                )));
            }
            vars.set("text", text);
        }
        for given in &self.vars {
            let (name, value) = given
                .split_once('=')
                .ok_or_else(|| Failure::Usage(format!("--var {given:?}: write NAME=VALUE")))?;
            let value = match value.strip_prefix('@') {
                Some(file) => std::fs::read_to_string(file)
                    .map_err(|error| Failure::Io(format!("--var {name}: {file}: {error}")))?,
                None => value.to_owned(),
            };
            match template.front.variables.get(name) {
                Some(variable) => {
                    let value = variable.parse(&value);
                    vars.set(
                        name,
                        value.map_err(|why| Failure::Usage(format!("--var {name}: {why}")))?,
                    );
                }
                // The library says that there is no such variable.
                None => vars.set(name, value),
            }
        }
        library
            .prompt(id, &vars)
            .map_err(|error| Failure::Usage(format!("prompt {error}")))
    }
}

fn find<'a>(library: &'a Library, id: &str) -> Result<&'a Template, Failure> {
    library.get(id).ok_or_else(|| {
        Failure::Usage(format!(
            "there is no prompt {id:?}; `llm-router prompt list` has them, --prompts adds a folder"
        ))
    })
}

fn list(library: &Library) -> String {
    let mut text = String::new();
    for template in library.templates().filter(|template| !template.id.contains('@')) {
        let variables: Vec<String> = template
            .front
            .variables
            .iter()
            .map(|(name, variable)| {
                if variable.is_required() {
                    name.clone()
                } else {
                    format!("[{name}]")
                }
            })
            .collect();
        let _ = writeln!(
            text,
            "{}\t{}\t{}",
            template.id,
            variables.join(" "),
            template.front.description
        );
    }
    text
}

fn show(template: &Template) -> String {
    let front = &template.front;
    let mut text = format!("{}\n{}\n", template.id, front.description);
    if let Some(version) = &front.version {
        let _ = writeln!(text, "version {version}");
    }
    let _ = writeln!(text, "sha256 {}\n", template.hash);
    for (name, variable) in &front.variables {
        let _ = write!(text, "{name}: {}", variable.kind.as_str());
        match &variable.default {
            Some(default) => {
                let _ = write!(text, ", default {default}");
            }
            None if variable.optional => text.push_str(", optional"),
            None => {}
        }
        let _ = writeln!(text, ". {}", variable.description);
    }
    let _ = write!(text, "\n{}", template.body);
    text
}

/// Messages under the names of their roles.
fn told(prompt: &Prompt) -> String {
    let mut text = String::new();
    for message in &prompt.request.messages {
        let role = match message.role {
            Role::System => "system",
            Role::Assistant => "assistant",
            _ => "user",
        };
        let _ = write!(text, "[{role}]\n{}\n", message.text());
    }
    text
}

fn to_json(prompt: &Prompt) -> Result<String, Failure> {
    let json = serde_json::to_string_pretty(&prompt.request);
    json.map(|json| json + "\n")
        .map_err(|error| Failure::Io(format!("the request is no JSON: {error}")))
}
