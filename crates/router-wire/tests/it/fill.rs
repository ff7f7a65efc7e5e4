//! Objects read in place: what was promised, what came instead, and what hardly ever comes.

use std::borrow::Cow;

use router_wire::fill::{self, Few, Fill, Rare};
use router_wire::lenient::{Num, Str};
use serde::de::MapAccess;

#[derive(Debug, Default)]
struct Node<'a> {
    name: Str<'a>,
    size: Num,
    child: Option<Box<Node<'a>>>,
    children: Vec<Node<'a>>,
    few: Option<Few<Leaf<'a>>>,
    rare: Rare<'a>,
}

impl<'a> Fill<'a> for Node<'a> {
    fn field<A: MapAccess<'a>>(&mut self, name: Cow<'a, str>, map: &mut A) -> Result<(), A::Error> {
        match &*name {
            "name" => self.name = map.next_value()?,
            "size" => self.size = map.next_value()?,
            "child" => {
                let mut child = None;
                fill::object(map, &mut child)?;
                self.child = child.map(Box::new);
            }
            "children" => fill::list(map, &mut self.children)?,
            "few" => Few::read(map, &mut self.few)?,
            "odd" | "odder" => self.rare.keep(name, map)?,
            _ => fill::skip(map)?,
        }
        Ok(())
    }
}

#[derive(Debug, Default)]
struct Leaf<'a> {
    name: Str<'a>,
}

impl<'a> Fill<'a> for Leaf<'a> {
    fn field<A: MapAccess<'a>>(&mut self, name: Cow<'a, str>, map: &mut A) -> Result<(), A::Error> {
        match &*name {
            "name" => self.name = map.next_value()?,
            _ => fill::skip(map)?,
        }
        Ok(())
    }
}

fn read(json: &str) -> Node<'_> {
    let mut node = Node::default();
    fill::from_str(json, &mut node).expect("an object");
    node
}

#[test]
fn fields_go_where_they_belong() {
    let node = read(
        r#"{"name":"a","n\u0061me2":[{}],"size":3,"child":{"name":"b"},"children":[{"name":"c"},{"name":"d"}],"other":{"x":[1]}}"#,
    );
    assert_eq!(node.name.filled(), Some("a"));
    assert_eq!(node.size.count(), Some(3));
    assert_eq!(node.child.expect("a child").name.filled(), Some("b"));
    let names: Vec<_> = node
        .children
        .iter()
        .filter_map(|child| child.name.filled())
        .collect();
    assert_eq!(names, ["c", "d"]);
}

/// Names may be written with escapes.
#[test]
fn names_with_escapes() {
    assert_eq!(read(r#"{"n\u0061me":"a"}"#).name.filled(), Some("a"));
}

#[test]
fn anything_else_reads_as_absent() {
    for other in [
        "null",
        "true",
        "7",
        "-7",
        "1.5",
        "\"x\"",
        "[{\"name\":\"x\"}]",
        "[]",
    ] {
        let json = format!(r#"{{"child":{other},"name":"a"}}"#);
        let node = read(&json);
        assert!(node.child.is_none(), "{other}");
        assert_eq!(node.name.filled(), Some("a"), "{other}");
    }
    for other in ["null", "true", "7", "\"x\"", "[]", "[7,null]"] {
        let json = format!(r#"{{"children":{other},"name":"a"}}"#);
        let node = read(&json);
        assert!(node.children.is_empty(), "{other}");
        assert_eq!(node.name.filled(), Some("a"), "{other}");
    }
}

#[test]
fn what_is_no_object_fails() {
    for json in ["", "7", "[]", "\"x\"", "{\"name\":}", "{\"name\":\"a\"", "{} {}"] {
        assert!(fill::from_str(json, &mut Node::default()).is_err(), "{json}");
    }
}

#[test]
fn few_of_them() {
    let names = |json: &str| {
        let mut node = read(json);
        let few = node.few.as_mut()?;
        Some(
            few.iter_mut()
                .filter_map(|node| node.name.to_text())
                .collect::<Vec<_>>(),
        )
    };
    assert_eq!(names(r#"{"few":null}"#), None);
    assert_eq!(names(r#"{"few":[]}"#).map(|names| names.len()), Some(0));
    assert_eq!(names(r#"{"few":[{"name":"a"}]}"#).expect("a list"), ["a"]);
    assert_eq!(
        names(r#"{"few":[{"name":"a"},{"name":"b"},{"name":"c"}]}"#).expect("a list"),
        ["a", "b", "c"]
    );
    assert!(fill::from_str(r#"{"few":{}}"#, &mut Node::default()).is_err());
}

#[test]
fn rare_fields_stay_unparsed() {
    let node = read(r#"{"odd":[1, 2],"odder":null}"#);
    assert_eq!(node.rare.get("odd").map(|raw| raw.get()), Some("[1, 2]"));
    assert!(node.rare.get("odder").is_none());
    assert_eq!(node.rare.read::<Vec<u8>>("odd"), [1, 2]);
    assert_eq!(node.rare.read::<String>("odd"), "");
}

#[test]
fn one_object_stands_for_a_list_of_it() {
    let node = read(r#"{"children":{"name":"only","unknown":1}}"#);
    assert_eq!(node.children.len(), 1);
    assert_eq!(node.children[0].name.filled(), Some("only"));
    assert!(read(r#"{"children":{}}"#).children.is_empty());
}
