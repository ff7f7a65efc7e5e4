//! Checks a template against its library: what it uses and nobody declared, what it includes and is not there, circles.

use std::collections::BTreeSet;

use crate::library::{Library, Template};
use crate::problem::{Problem, ProblemKind};

impl Library {
    pub(crate) fn check_one(&self, template: &Template) -> Vec<Problem> {
        let mut problems: Vec<Problem> = Vec::new();
        let declared = &template.front.variables;
        let mut problem = |kind, (line, column): (usize, usize), message: String| {
            problems.push(Problem::new(kind, &template.id, message).at(line + template.offset, column));
        };
        for (name, place) in &template.uses.variables {
            if !declared.contains_key(name) {
                problem(
                    ProblemKind::UndeclaredVariable,
                    *place,
                    format!("variable {name:?} is not declared"),
                );
            }
        }
        for (name, place) in &template.uses.unknown_helpers {
            problem(
                ProblemKind::UnknownHelper,
                *place,
                format!("there is no helper {name:?}"),
            );
        }
        for (name, place) in &template.uses.partials {
            if !self.templates.contains_key(name) && !template.uses.inline.contains(name) {
                problem(
                    ProblemKind::UnknownPartial,
                    *place,
                    format!("there is no template {name:?}"),
                );
            }
        }
        let mut used = BTreeSet::new();
        self.used(template, &mut used, &mut BTreeSet::new());
        for name in declared.keys().filter(|name| !used.contains(name.as_str())) {
            let message = format!("variable {name:?} is declared and not used");
            problems.push(Problem::new(ProblemKind::UnusedVariable, &template.id, message));
        }
        problems.extend(self.circle(template));
        problems
    }

    /// Names that a template uses, itself or over others.
    fn used<'a>(
        &'a self,
        template: &'a Template,
        used: &mut BTreeSet<&'a str>,
        seen: &mut BTreeSet<&'a str>,
    ) {
        if !seen.insert(&template.id) {
            return;
        }
        used.extend(
            template
                .uses
                .variables
                .keys()
                .chain(&template.uses.fields)
                .map(String::as_str),
        );
        for partial in template
            .uses
            .partials
            .keys()
            .filter_map(|name| self.templates.get(name))
        {
            self.used(partial, used, seen);
        }
    }

    /// The way back to a template over those that it includes, if there is one.
    pub(crate) fn circle(&self, template: &Template) -> Option<Problem> {
        if template.uses.partials.is_empty() {
            return None;
        }
        let mut way = Vec::new();
        self.walk(&template.id, &mut way, &mut BTreeSet::new()).then(|| {
            let message = format!("templates include each other: {}", way.join(" > "));
            Problem::new(ProblemKind::CircularPartial, &template.id, message)
        })
    }

    fn walk<'a>(&'a self, id: &'a str, way: &mut Vec<&'a str>, done: &mut BTreeSet<&'a str>) -> bool {
        let again = way.contains(&id);
        way.push(id);
        if again {
            return true;
        }
        if !done.contains(id) {
            if let Some(template) = self.templates.get(id) {
                let partials = template.uses.partials.keys();
                for name in partials.filter(|name| !template.uses.inline.contains(*name)) {
                    if self.walk(name, way, done) {
                        return true;
                    }
                }
            }
            done.insert(id);
        }
        way.pop();
        false
    }
}
