//! Whether a node fits a shape, and what it captures.

use std::borrow::Cow;

use ast_grep_core::meta_var::MetaVarEnv;
use ast_grep_core::{Doc, Matcher, Node};

use super::{Captured, Related, Relation, Shape, Until};

impl Shape {
    pub(super) fn fits<'t, D: Doc>(
        &self,
        node: &Node<'t, D>,
        env: &mut Captured<'_, 't, D>,
    ) -> bool {
        match self {
            Shape::Kind(kind) => node.kind_id() == *kind,
            Shape::Text(expression) => expression.is_match(node.text().as_bytes()),
            Shape::Captured(name) => {
                node.is_named() && env.to_mut().insert(name, node.clone()).is_some()
            }
            Shape::Code(code) => {
                let pattern = code
                    .may_be_in(&node.text())
                    .then(|| code.pattern())
                    .flatten();
                pattern.is_some_and(|p| p.match_node_with_env(node.clone(), env).is_some())
            }
            Shape::Nth(rule) => rule.match_node_with_env(node.clone(), env).is_some(),
            // What is captured only stays if all of it fits.
            Shape::All(all) => {
                let mut inner = Cow::Borrowed(env.as_ref());
                let fits = all.iter().all(|s| s.fits(node, &mut inner));
                if let (true, Cow::Owned(new)) = (fits, inner) {
                    *env = Cow::Owned(new);
                }
                fits
            }
            Shape::Any(all) => {
                for shape in all {
                    let mut inner = Cow::Borrowed(env.as_ref());
                    if shape.fits(node, &mut inner) {
                        if let Cow::Owned(new) = inner {
                            *env = Cow::Owned(new);
                        }
                        return true;
                    }
                }
                false
            }
            Shape::Not(shape) => !shape.fits(node, &mut Cow::Borrowed(env.as_ref())),
            Shape::Related(related) => related.fits(node, env),
        }
    }
}

impl Related {
    fn fits<'t, D: Doc>(&self, node: &Node<'t, D>, env: &mut Captured<'_, 't, D>) -> bool {
        match self.relation {
            Relation::Has => match self.field {
                Some(field) => {
                    let inner = node.child_by_field_id(field);
                    inner.is_some_and(|inner| self.is_in(&inner, env))
                }
                None => self.is_below(node, env),
            },
            Relation::Inside => {
                let mut last = node.node_id();
                let mut fits = |outer: &Node<'t, D>| {
                    let expected = std::mem::replace(&mut last, outer.node_id());
                    let is_there = |field| {
                        outer
                            .child_by_field_id(field)
                            .is_some_and(|n| n.node_id() == expected)
                    };
                    self.field.is_none_or(is_there) && self.shape.fits(outer, env)
                };
                match self.until {
                    Until::Neighbor => node.parent().is_some_and(|outer| fits(&outer)),
                    _ => self.any(node.ancestors(), fits),
                }
            }
            Relation::Follows => match self.until {
                Until::Neighbor => node
                    .prev()
                    .is_some_and(|other| self.shape.fits(&other, env)),
                _ => self.any(node.prev_all(), |other| self.shape.fits(other, env)),
            },
            Relation::Precedes => match self.until {
                Until::Neighbor => node
                    .next()
                    .is_some_and(|other| self.shape.fits(&other, env)),
                _ => self.any(node.next_all(), |other| self.shape.fits(other, env)),
            },
        }
    }

    /// Whether one of some nodes fits, up to the first of the shape that ends the search.
    fn any<'t, D: Doc>(
        &self,
        nodes: impl Iterator<Item = Node<'t, D>>,
        mut fits: impl FnMut(&Node<'t, D>) -> bool,
    ) -> bool {
        for node in nodes {
            if fits(&node) {
                return true;
            }
            if self.ends_at(&node) {
                return false;
            }
        }
        false
    }

    fn ends_at<'t, D: Doc>(&self, node: &Node<'t, D>) -> bool {
        match &self.until {
            Until::One(shape) => shape.fits(node, &mut Cow::Owned(MetaVarEnv::new())),
            Until::Neighbor | Until::End => false,
        }
    }

    /// Whether what stands in a field fits, or a node in it, as far as the search goes.
    fn is_in<'t, D: Doc>(&self, node: &Node<'t, D>, env: &mut Captured<'_, 't, D>) -> bool {
        match &self.until {
            Until::Neighbor => self.shape.fits(node, env),
            Until::End => node.dfs().any(|inner| self.shape.fits(&inner, env)),
            Until::One(_) => {
                self.shape.fits(node, env)
                    || !self.ends_at(node)
                        && node.children().any(|inner| self.shape.fits(&inner, env))
            }
        }
    }

    fn is_below<'t, D: Doc>(&self, node: &Node<'t, D>, env: &mut Captured<'_, 't, D>) -> bool {
        match &self.until {
            Until::Neighbor => node.children().any(|inner| self.shape.fits(&inner, env)),
            Until::End => node.dfs().skip(1).any(|inner| self.shape.fits(&inner, env)),
            Until::One(_) => node.children().any(|inner| {
                self.shape.fits(&inner, env) || !self.ends_at(&inner) && self.is_below(&inner, env)
            }),
        }
    }
}
