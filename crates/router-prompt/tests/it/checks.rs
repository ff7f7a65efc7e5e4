//! What is wrong is said, with line and column, before a template is used.

use router_core::{Error, ErrorKind};
use router_prompt::{Library, ProblemKind, Vars};
use serde_json::json;

fn problems(templates: &[(&str, &str)]) -> Vec<(ProblemKind, String)> {
    let mut library = Library::new();
    for (id, source) in templates {
        library.add(id, source).expect("a template");
    }
    library
        .check()
        .into_iter()
        .map(|problem| (problem.kind, problem.to_string()))
        .collect()
}

#[test]
fn undeclared_and_unused_variables_are_found() {
    let found = problems(&[(
        "it",
        "+++\n[variables.used]\n[variables.unused]\n+++\nok {{used}}\n  {{missing}}\n{{#if other.field}}x{{/if}}",
    )]);
    assert_eq!(
        found,
        [
            (
                ProblemKind::UndeclaredVariable,
                "it:6:3: variable \"missing\" is not declared".to_owned()
            ),
            (
                ProblemKind::UndeclaredVariable,
                "it:7:1: variable \"other\" is not declared".to_owned()
            ),
            (
                ProblemKind::UnusedVariable,
                "it: variable \"unused\" is declared and not used".to_owned()
            ),
        ]
    );
}

#[test]
fn what_a_block_gives_is_no_variable() {
    let front = "+++\n[variables.items]\ntype = \"list\"\n[variables.sep]\n+++\n";
    let body = "{{#each items as |item at|}}{{item.x}}{{at}}{{@index}}{{../sep}}{{/each}}{{#with items}}{{name}}{{/with}}";
    assert_eq!(problems(&[("it", &format!("{front}{body}"))]), []);
}

#[test]
fn unknown_helpers_and_partials_are_found() {
    let found = problems(&[("it", "a\n{{shout \"x\"}}\n{{> nowhere}}")]);
    assert_eq!(
        found,
        [
            (
                ProblemKind::UnknownHelper,
                "it:2:1: there is no helper \"shout\"".to_owned()
            ),
            (
                ProblemKind::UnknownPartial,
                "it:3:1: there is no template \"nowhere\"".to_owned()
            ),
        ]
    );
}

#[test]
fn a_variable_may_be_used_by_an_included_template() {
    let front = "+++\n[variables.who]\n+++\n";
    assert_eq!(
        problems(&[
            ("it", &format!("{front}{{{{> part}}}}")),
            ("part", &format!("{front}{{{{who}}}}"))
        ]),
        []
    );
}

#[test]
fn circles_are_found_and_not_rendered() {
    let mut library = Library::new();
    library.add("a", "{{> b}}").expect("a template");
    library.add("b", "{{> c}}").expect("a template");
    library.add("c", "{{> a}}").expect("a template");
    let found = library.check();
    assert_eq!(found[0].kind, ProblemKind::CircularPartial);
    assert_eq!(found[0].message, "templates include each other: a > b > c > a");
    let error = library.render("a", &Vars::new()).expect_err("a circle");
    assert_eq!(error.kind(), Some(ProblemKind::CircularPartial));
}

#[test]
fn unclosed_blocks_and_bad_front_matter_are_refused_with_their_place() {
    for (source, kind, line) in [
        ("+++\n+++\none\n{{#if x}}\ntwo", ProblemKind::Syntax, Some(4..=5)),
        ("{{#if x}}{{/each}}", ProblemKind::Syntax, Some(1..=1)),
        ("a\n{{name", ProblemKind::Syntax, Some(1..=2)),
        ("+++\nmodel = 1\n+++\n", ProblemKind::FrontMatter, Some(2..=2)),
        (
            "+++\n[variables.x]\nkind = \"string\"\n+++\n",
            ProblemKind::FrontMatter,
            Some(3..=3),
        ),
        ("+++\nmodel = \"x\"\n", ProblemKind::FrontMatter, Some(1..=1)),
        (
            "+++\n[output]\nschema = \"{\"\n+++\n",
            ProblemKind::FrontMatter,
            None,
        ),
    ] {
        let error = Library::new().add("it", source).expect_err(source);
        let problem = &error.problems()[0];
        assert_eq!(problem.kind, kind, "{problem}");
        match line {
            Some(lines) => assert!(
                problem.line.is_some_and(|line| lines.contains(&line)),
                "{problem}"
            ),
            None => assert!(problem.message.contains("output.schema"), "{problem}"),
        }
    }
}

#[test]
fn a_refused_template_leaves_the_library_as_it_was() {
    let mut library = Library::new();
    library.add("it", "good").expect("a template");
    library.add("it", "{{#if").expect_err("no template");
    assert_eq!(library.render("it", &Vars::new()).expect("a text"), "good");
}

#[test]
fn values_are_checked() {
    let mut library = Library::new();
    let front = "+++\n[variables.text]\n[variables.count]\ntype = \"integer\"\n[variables.size]\nvalues = [\"s\", \"m\"]\ndefault = \"m\"\n+++\n";
    library
        .add("it", &format!("{front}{{{{text}}}}{{{{count}}}}{{{{size}}}}"))
        .expect("a template");
    let good = Vars::new().with("text", "a").with("count", 1);
    assert_eq!(library.render("it", &good).expect("a text"), "a1m");
    for (vars, kind, says) in [
        (
            Vars::new().with("text", "a"),
            ProblemKind::MissingValue,
            "\"count\" has no value",
        ),
        (
            good.clone().with("count", "1"),
            ProblemKind::WrongType,
            "\"count\" must be a integer",
        ),
        (
            good.clone().with("count", 1.5),
            ProblemKind::WrongType,
            "\"count\" must be a integer",
        ),
        (
            good.clone().with("size", "l"),
            ProblemKind::WrongType,
            "must be one of \"s\", \"m\"",
        ),
        (
            good.clone().with("txet", "a"),
            ProblemKind::UnknownValue,
            "no variable \"txet\"",
        ),
    ] {
        let error = library.render("it", &vars).expect_err(says);
        assert_eq!(error.kind(), Some(kind), "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }
    let error = library.render("nothing", &Vars::new()).expect_err("no template");
    assert_eq!(Error::from(error).kind(), ErrorKind::InvalidRequest);
}

#[test]
fn strict_refuses_missing_fields_and_lenient_takes_them_as_empty() {
    let source = "+++\n[variables.it]\ntype = \"object\"\n+++\n[{{it.name}}{{upper it.name}}]";
    let vars = Vars::new().with("it", json!({}));
    let mut strict = Library::new();
    strict.add("it", source).expect("a template");
    assert_eq!(
        strict.render("it", &vars).expect_err("a field is missing").kind(),
        Some(ProblemKind::Render)
    );
    let mut lenient = Library::new().lenient();
    lenient.add("it", source).expect("a template");
    assert_eq!(lenient.render("it", &vars.with("more", 1)).expect("a text"), "[]");
}
