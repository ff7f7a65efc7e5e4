//! Template and values to text, to messages, to the beginning of a call.

use handlebars::{Context, RenderError};
use router_core::chat::JsonSchemaFormat;
use router_core::{ChatRequest, Json, Message, ResponseFormat, ToolChoice, ToolDefinition};

use crate::library::{Library, Template};
use crate::problem::{Problem, ProblemKind, PromptError};
use crate::roles;
use crate::variable::Vars;

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

impl Library {
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
