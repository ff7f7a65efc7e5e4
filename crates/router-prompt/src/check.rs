//! Reads a compiled template for what it uses: variables, helpers, other templates; and where.

use std::collections::{BTreeMap, BTreeSet};

use handlebars::template::{BlockParam, DecoratorTemplate, HelperTemplate, Parameter, TemplateElement};
use handlebars::{Path, PathSeg, Template};

/// Where something is used first: line and column in the body.
type Place = (usize, usize);

/// What a template uses.
#[derive(Clone, Debug, Default)]
pub(crate) struct Uses {
    /// Variables of the template, and where.
    pub(crate) variables: BTreeMap<String, Place>,
    /// Names used inside of `each` and `with`, which may be fields or variables.
    pub(crate) fields: BTreeSet<String>,
    /// Helpers that are not there, and where.
    pub(crate) unknown_helpers: BTreeMap<String, Place>,
    /// Templates that are included, and where.
    pub(crate) partials: BTreeMap<String, Place>,
    /// Partials that the template defines itself.
    pub(crate) inline: BTreeSet<String>,
}

/// Names that handlebars knows without a helper.
const BUILT_IN: &[&str] = &["else", "this", "lookup", "raw"];

impl Uses {
    /// What a template uses.
    pub(crate) fn of(template: &Template, helpers: &BTreeSet<String>) -> Self {
        let mut uses = Self::default();
        let reader = Reader { helpers };
        reader.template(template, &mut Scope::default(), &mut uses);
        uses
    }
}

struct Reader<'a> {
    helpers: &'a BTreeSet<String>,
}

/// Names that a block gives, and whether names may be fields of an item.
#[derive(Clone, Default)]
struct Scope {
    depth: usize,
    names: Vec<String>,
}

impl Reader<'_> {
    fn template(&self, template: &Template, scope: &mut Scope, uses: &mut Uses) {
        for (element, mapping) in template.elements.iter().zip(&template.mapping) {
            let place = (mapping.0, mapping.1);
            match element {
                TemplateElement::Expression(helper) | TemplateElement::HtmlExpression(helper) => {
                    self.expression(helper, place, scope, uses);
                }
                TemplateElement::HelperBlock(helper) => self.block(helper, place, scope, uses),
                TemplateElement::PartialExpression(partial) | TemplateElement::PartialBlock(partial) => {
                    self.partial(partial, place, scope, uses);
                }
                TemplateElement::DecoratorExpression(decorator)
                | TemplateElement::DecoratorBlock(decorator) => {
                    if let Some(Parameter::Literal(name)) = decorator.params.first() {
                        uses.inline.extend(name.as_str().map(str::to_owned));
                    }
                    if let Some(inner) = &decorator.template {
                        self.template(inner, scope, uses);
                    }
                }
                _ => {}
            }
        }
    }

    fn expression(&self, helper: &HelperTemplate, place: Place, scope: &Scope, uses: &mut Uses) {
        let plain = helper.params.is_empty() && helper.hash.is_empty();
        let name = name_of(&helper.name);
        match name {
            // Alone, it may be a variable of that name.
            Some(name) if self.helpers.contains(name) && plain => {
                uses.fields.insert(name.to_owned());
            }
            Some(name) if self.helpers.contains(name) => {}
            _ if plain => self.parameter(&helper.name, place, scope, uses),
            Some(name) if !BUILT_IN.contains(&name) => {
                uses.unknown_helpers.entry(name.to_owned()).or_insert(place);
            }
            _ => {}
        }
        self.arguments(helper, place, scope, uses);
    }

    fn arguments(&self, helper: &HelperTemplate, place: Place, scope: &Scope, uses: &mut Uses) {
        for parameter in helper.params.iter().chain(helper.hash.values()) {
            self.parameter(parameter, place, scope, uses);
        }
    }

    fn block(&self, helper: &HelperTemplate, place: Place, scope: &mut Scope, uses: &mut Uses) {
        let name = name_of(&helper.name).unwrap_or_default().to_owned();
        if !self.helpers.contains(&name) && !BUILT_IN.contains(&name.as_str()) {
            uses.unknown_helpers.entry(name.clone()).or_insert(place);
        }
        self.arguments(helper, place, scope, uses);
        let mut inner = scope.clone();
        match &helper.block_param {
            Some(BlockParam::Single(one)) => inner.names.extend(name_of(one).map(str::to_owned)),
            Some(BlockParam::Pair((one, two))) => {
                inner
                    .names
                    .extend([one, two].into_iter().filter_map(name_of).map(str::to_owned));
            }
            _ => {}
        }
        if name == "each" || name == "with" {
            inner.depth += 1;
        }
        if let Some(template) = &helper.template {
            self.template(template, &mut inner, uses);
        }
        if let Some(template) = &helper.inverse {
            self.template(template, scope, uses);
        }
    }

    fn partial(&self, partial: &DecoratorTemplate, place: Place, scope: &mut Scope, uses: &mut Uses) {
        if let Some(name) = name_of(&partial.name).filter(|name| *name != "@partial-block") {
            uses.partials.entry(name.to_owned()).or_insert(place);
        }
        for parameter in partial.params.iter().chain(partial.hash.values()) {
            self.parameter(parameter, place, scope, uses);
        }
        if let Some(inner) = &partial.template {
            self.template(inner, scope, uses);
        }
    }

    fn parameter(&self, parameter: &Parameter, place: Place, scope: &Scope, uses: &mut Uses) {
        match parameter {
            Parameter::Path(Path::Relative((segments, raw))) => {
                // `../x` and `@root.x` leave the block; how far does not matter for what is declared.
                let outer = raw.starts_with("../") || raw.starts_with("@root");
                let first = segments.iter().find_map(|segment| match segment {
                    PathSeg::Named(name) => Some(name.as_str()),
                    _ => None,
                });
                let Some(name) = first.filter(|name| *name != "this") else {
                    return;
                };
                if scope.names.iter().any(|known| known == name) {
                    return;
                }
                if scope.depth > 0 && !(outer && scope.depth == 1) {
                    uses.fields.insert(name.to_owned());
                } else {
                    uses.variables.entry(name.to_owned()).or_insert(place);
                }
            }
            Parameter::Name(name) => {
                if scope.depth == 0 && !scope.names.contains(name) {
                    uses.variables.entry(name.clone()).or_insert(place);
                } else {
                    uses.fields.insert(name.clone());
                }
            }
            Parameter::Subexpression(inner) => match inner.as_element() {
                TemplateElement::Expression(helper) | TemplateElement::HtmlExpression(helper) => {
                    self.expression(helper, place, scope, uses);
                }
                _ => {}
            },
            _ => {}
        }
    }
}

fn name_of(parameter: &Parameter) -> Option<&str> {
    match parameter {
        Parameter::Name(name) => Some(name),
        Parameter::Path(Path::Relative((_, raw))) => Some(raw),
        Parameter::Path(Path::Local((_, _, raw))) => Some(raw),
        _ => None,
    }
}
