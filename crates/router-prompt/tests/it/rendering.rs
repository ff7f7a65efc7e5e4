//! What templates render to.

use std::time::{Duration, SystemTime};

use router_core::content::{ContentPart, MediaSource};
use router_core::{ResponseFormat, Role, ToolChoice, ToolDefinition};
use router_prompt::{Library, Vars};
use serde_json::{Value, json};

fn library(front: &str, body: &str) -> Library {
    let mut library =
        Library::new().with_clock(|| SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000));
    library
        .add("it", &format!("+++\n{front}\n+++\n{body}"))
        .expect("a template");
    library
}

fn render(front: &str, body: &str, vars: Value) -> String {
    let Value::Object(vars) = vars else {
        panic!("an object")
    };
    library(front, body).render("it", &vars.into()).expect("a text")
}

#[test]
fn helpers_do_what_they_say() {
    for (body, expected) in [
        (
            "{{upper x}} {{lower x}} {{capitalize x}} {{title x}}",
            "HELLO BIG WORLD hello big world Hello big World Hello Big World",
        ),
        ("[{{trim y}}]", "[a\nb]"),
        (
            "{{default z \"none\"}} {{default x \"none\"}}",
            "none hello big World",
        ),
        ("{{json list}}", "[1,\"two\"]"),
        ("{{indent (trim y) 2}}", "  a\n  b"),
        ("{{join list \" + \"}}", "1 + two"),
        ("{{truncate x 2}}", "hello bi"),
        (
            "{{date \"%Y-%m-%d\"}} {{date \"2024-02-29\" \"%d.%m.%Y\"}}",
            "2023-11-14 29.02.2024",
        ),
        (
            "{{escape_xml tag}} {{escape_markdown star}}",
            "&lt;a b=&quot;c&quot;&gt; \\*b\\*",
        ),
        ("{{upper (join list \"-\")}}", "1-TWO"),
        ("{{tag}}", "<a b=\"c\">"),
    ] {
        let names = ["x", "y", "z", "list", "tag", "star"];
        let front: String = names
            .map(|name| format!("[variables.{name}]\ntype = \"any\"\noptional = true\n"))
            .concat();
        let vars = json!({
            "x": "hello big World", "y": "  a\nb \n", "list": [1, "two"], "tag": "<a b=\"c\">", "star": "*b*",
        });
        assert_eq!(render(&front, body, vars), expected, "{body}");
    }
}

#[test]
fn conditions_loops_and_defaults() {
    let front = "[variables.items]\ntype = \"list\"\n[variables.loud]\ntype = \"boolean\"\ndefault = false";
    let body = "{{#each items}}{{@index}}={{this.name}}{{#unless @last}}, {{/unless}}{{else}}nothing{{/each}}{{#if loud}}!{{/if}}";
    assert_eq!(
        render(front, body, json!({"items": [{"name": "a"}, {"name": "b"}]})),
        "0=a, 1=b"
    );
    assert_eq!(
        render(front, body, json!({"items": [], "loud": true})),
        "nothing!"
    );
}

#[test]
fn templates_include_and_extend_others() {
    let mut library = Library::new();
    library.add("name", "<{{upper name}}>").expect("a template");
    library
        .add("base", "Head. {{#> content}}Nothing.{{/content}} Foot.")
        .expect("a template");
    let front = "+++\n[variables.who]\n+++\n";
    library
        .add(
            "page",
            &format!(
                "{front}{{{{#*inline \"content\"}}}}Hi {{{{> name name=who}}}}{{{{/inline}}}}{{{{> base}}}}"
            ),
        )
        .expect("a template");
    assert_eq!(
        library
            .render("page", &Vars::new().with("who", "ann"))
            .expect("a text"),
        "Head. Hi <ANN> Foot."
    );
    assert_eq!(
        library.render("base", &Vars::new()).expect("a text"),
        "Head. Nothing. Foot."
    );
}

#[test]
fn a_variable_may_bear_the_name_of_a_helper() {
    let front = "[variables.title]\n[variables.user]\n[variables.items]\ntype = \"list\"";
    let body = "{{title}} {{title title}} {{user}}{{#each items}} {{title}}{{/each}}";
    let vars = json!({"title": "a b", "user": "ann", "items": [{"title": "c"}]});
    assert_eq!(library(front, body).check(), []);
    assert_eq!(render(front, body, vars), "a b A B ann c");
}

#[test]
fn a_helper_of_ones_own() {
    let mut library = Library::new().with_helper("twice", |params| {
        let number = params
            .first()
            .and_then(|value| value.as_i64())
            .ok_or("needs a number")?;
        Ok((number * 2).into())
    });
    library.add("it", "{{twice 21}}").expect("a template");
    library.add("bad", "{{twice \"x\"}}").expect("a template");
    assert_eq!(library.check(), []);
    assert_eq!(library.render("it", &Vars::new()).expect("a text"), "42");
    let error = library.render("bad", &Vars::new()).expect_err("no number");
    assert!(error.to_string().contains("needs a number"), "{error}");
}

#[test]
fn messages_have_roles_pictures_and_cache_marks() {
    let front = "model = \"openai/gpt-4o\"\nmax_output_tokens = 50\ntools = [\"search\"]\ntool_choice = \"required\"\n\
                 [output]\nschema = { type = \"object\" }\n[variables.picture]\n[variables.turns]\ntype = \"list\"";
    let body = "{{#system}}\nLong rules.{{cache \"1h\"}}\n{{/system}}\n{{#each turns}}{{#user}}{{q}}{{/user}}{{#assistant}}{{a}}{{/assistant}}{{/each}}\n\
                {{#user}}\nWhat is {{image picture}} this?\n{{/user}}\n";
    let vars = Vars::new()
        .with("picture", "data:image/png;base64,AAAA")
        .with("turns", json!([{"q": "one?", "a": "1"}]));
    let prompt = library(front, body).prompt("it", &vars).expect("a prompt");
    let messages = &prompt.request.messages;
    assert_eq!(
        messages.iter().map(|message| message.role).collect::<Vec<_>>(),
        [Role::System, Role::User, Role::Assistant, Role::User]
    );
    let mark = messages[0].content.parts()[0]
        .riders()
        .and_then(|riders| riders.cache())
        .expect("a mark");
    assert_eq!(mark.ttl.as_deref(), Some("1h"));
    assert_eq!(messages[2].text(), "1");
    let parts = messages[3].content.parts();
    assert_eq!(parts[0].as_text().expect("text"), "What is ");
    assert!(
        matches!(&parts[1], ContentPart::Media(media) if matches!(&media.source, MediaSource::Base64(data) if data == "AAAA"))
    );
    assert_eq!(parts[2].as_text().expect("text"), " this?");
    assert_eq!(prompt.model.as_deref(), Some("openai/gpt-4o"));
    assert_eq!(prompt.request.settings.max_output_tokens, Some(50));
    assert_eq!(prompt.request.tool_choice, Some(ToolChoice::Required));
    assert!(
        matches!(&prompt.request.response_format, Some(ResponseFormat::JsonSchema(format)) if format.name == "it")
    );
    let tools = ["search", "other"].map(|name| ToolDefinition::function(name, "", json!({"type": "object"})));
    assert_eq!(prompt.with_tools(tools).request.tools.len(), 1);
}

#[test]
fn without_roles_there_is_one_message_of_the_user() {
    let messages = library("", "Hello.\n")
        .messages("it", &Vars::new())
        .expect("messages");
    assert_eq!(messages.len(), 1);
    assert_eq!(
        (messages[0].role, messages[0].text().as_str()),
        (Role::User, "Hello.")
    );
}

#[test]
fn text_outside_of_messages_and_messages_inside_of_messages_are_errors() {
    for body in [
        "{{#user}}a{{/user}} stray",
        "stray {{#user}}a{{/user}}",
        "{{#user}}{{#system}}a{{/system}}{{/user}}",
    ] {
        library("", body).messages("it", &Vars::new()).expect_err(body);
    }
    // And the thread is fit for the next one.
    library("", "{{#user}}a{{/user}}")
        .messages("it", &Vars::new())
        .expect("messages");
}
