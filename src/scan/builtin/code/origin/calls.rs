//! What a call returns: a text in another form, a part of what it is called on, what a function of this file returns, or
//! something unknown.

use std::sync::LazyLock;

use tree_sitter::Node;

use super::super::expression::Expression;
use super::super::flow::{CALLS, Flow, called_name};
use super::super::kinds::{Role, called_on, is_string, last_child};
use super::request::is_own;
use super::{Origin, Question, Trace};

impl<'t> Flow<'t> {
    /// What a call returns.
    pub(super) fn call(&self, node: Node<'t>, trace: &mut Trace<'t>, depth: u32) -> Origin {
        let Some(callee) = self.callee(node) else {
            return Origin::Unknown;
        };
        let last = called_name(callee);
        // `users.getByName(x)`: what is returned is a part of `users`, and `x` only says which.
        let passed = self.names.passes.is_match(callee.as_bytes());
        let part_of = |p: &Expression| !passed && p.is_match(last.as_bytes());
        if let Some(on) = called_on(node).filter(|on| self.is_value(*on))
            && self.names.part_of.as_ref().is_some_and(part_of)
            && !self.functions.contains_key(last)
        {
            let most = self.value(on, trace, depth + 1);
            let is_outside = |o: &Expression| most <= Origin::Own && o.is_match(last.as_bytes());
            return match self.names.outside.as_ref().is_some_and(is_outside) {
                true => Origin::Unknown,
                false => most,
            };
        }
        let builds = self.names.builds.is_match(callee.as_bytes())
            || self.names.builds.is_match(last.as_bytes());
        let passes = builds
            || self.names.passes.is_match(callee.as_bytes())
            || self.names.passes.is_match(last.as_bytes());
        if !passes {
            return self.of_unknown_call(node, last, trace, depth);
        }
        if matches!(last, "map" | "flatMap" | "array_map")
            && let Some(mapped) = self.mapped(node, trace, depth)
        {
            return mapped;
        }
        if self.keeps_only(node, last) {
            return Origin::Constant;
        }
        if builds && self.names_host(node, trace, depth) {
            return Origin::Own;
        }
        if callee == "Object.keys"
            && let Some(arguments) = node.child_by_field_name("arguments")
            && let Some(table) = arguments.named_child(0)
        {
            return self.key(table, trace, depth);
        }
        let parts = self.passed_on(node, last);
        // In a format, it cannot be seen where the quotes are.
        let outside = trace.unquoted;
        trace.unquoted &= !builds;
        let most = self.most(parts, trace, depth);
        trace.unquoted = outside;
        match builds {
            true => most.built(),
            false => most,
        }
    }

    /// The values that a call passes on in another form.
    fn passed_on(&self, call: Node<'t>, name: &str) -> Vec<Node<'t>> {
        let on = called_on(call);
        // `String.format`, `path.join`: what it is called on is no value.
        let value = on.filter(|on| self.is_value(*on));
        let is_lodash = value.is_some_and(|on| matches!(self.text_of(on), "_" | "lodash"));
        let looks_up = |l: &Expression| l.is_match(name.as_bytes());
        let looks_up = self.names.lookups.as_ref().is_some_and(looks_up);
        let arguments = call.child_by_field_name("arguments");
        let mut parts = Vec::new();
        match arguments.filter(|_| on.is_some() && !is_lodash && looks_up) {
            // What a table or a store has for a key is not the key: `table.get(key, other)`.
            Some(arguments) => {
                let mut cursor = arguments.walk();
                parts.extend(arguments.named_children(&mut cursor).skip(1));
            }
            None => parts.extend(arguments),
        }
        parts.extend(value);
        parts
    }

    /// Whether a call makes a value harmless for what is asked.
    pub(super) fn is_clean_call(&self, node: Node<'t>, trace: &Trace<'t>) -> bool {
        let Some(callee) = self.callee(node) else {
            return false;
        };
        if let Some(strips) = &self.names.strips
            && (callee.ends_with("replace") || callee.ends_with("replaceAll"))
        {
            let text = self.text_of(node).as_bytes();
            let clean = trace.question.clean;
            if strips.is_match(text) || clean.is_some_and(|c| c.is_match(text)) {
                return true;
            }
        }
        let is =
            |of: &Option<Expression>| of.as_ref().is_some_and(|r| r.is_match(callee.as_bytes()));
        let for_another_place = match trace.question {
            Question { sql: true, .. } => {
                trace.unquoted && (is(&self.names.quoted) || is(&self.names.escaped))
            }
            Question {
                linked: true,
                host: false,
                ..
            } => is(&self.names.quoted),
            _ => is(&self.names.quoted) || is(&self.names.escaped),
        };
        // `filter_var($url, FILTER_VALIDATE_URL)`: any host and scheme will do.
        let keeps_all = callee == "filter_var" && {
            let text = self.text_of(node);
            let filters = [
                "FILTER_VALIDATE_URL",
                "FILTER_SANITIZE_URL",
                "FILTER_UNSAFE_RAW",
            ];
            filters.iter().any(|f| text.contains(f))
        };
        let is_clean =
            !for_another_place && !keeps_all && self.names.clean.is_match(callee.as_bytes());
        is_clean
            || trace
                .question
                .clean
                .is_some_and(|c| c.is_match(callee.as_bytes()))
    }

    /// Whether a call deletes all characters but those of a list in which none is dangerous:
    /// `preg_replace('/[^a-z]/', '', $x)`.
    fn keeps_only(&self, call: Node<'t>, name: &str) -> bool {
        static KEPT: LazyLock<Expression> = LazyLock::new(|| {
            let text = r#"^(?:r?["'][/#~|@]?|/)\[\^(?:[\w .,:@+=-]|\\{1,2}[wds._-])+\]\+?(?:[/#~|@][a-z]*)?["']?$"#;
            Expression::constant(text)
        });
        static LITTLE: LazyLock<Expression> =
            LazyLock::new(|| Expression::constant(r#"^["'][\w .-]?["']$"#));
        if !matches!(
            name,
            "preg_replace" | "gsub" | "replaceAll" | "sub" | "replace"
        ) {
            return false;
        }
        let Some(arguments) = call.child_by_field_name("arguments") else {
            return false;
        };
        let mut cursor = arguments.walk();
        let mut texts = arguments
            .named_children(&mut cursor)
            .map(|a| self.text_of(a));
        let (Some(kept), Some(instead)) = (texts.next(), texts.next()) else {
            return false;
        };
        // Ruby's `sub` and JavaScript's `replace` without `g` change the first place only.
        let is_all = match name {
            "sub" => texts.next().is_some(),
            "replace" => kept.ends_with("/g") || kept.ends_with("/gi"),
            _ => true,
        };
        is_all && KEPT.is_match(kept.as_bytes()) && LITTLE.is_match(instead.as_bytes())
    }

    /// What a call comes to of which nothing is known but perhaps what a function of this file returns.
    fn of_unknown_call(
        &self,
        node: Node<'t>,
        name: &str,
        trace: &mut Trace<'t>,
        depth: u32,
    ) -> Origin {
        let on = called_on(node);
        let on = on.map_or(Origin::Constant, |on| match is_own(self.text_of(on)) {
            true => Origin::Own,
            false => self.value(on, trace, depth + 1),
        });
        let returned = self.returned(name, node, trace, depth);
        if on > Origin::Own {
            // The method of another object may be another one of that name.
            return returned.unwrap_or(Origin::Unknown).max(Origin::Unknown);
        }
        if let Some(returned) = returned {
            return returned;
        }
        let arguments = node.child_by_field_name("arguments");
        // A template with a tag, such as SQL`..`, is made by the tag.
        if arguments.is_some_and(|a| a.kind() == "template_string") {
            return Origin::Unknown;
        }
        let given = arguments.map_or(Origin::Constant, |a| self.parts(a, trace, depth));
        match given {
            Origin::Constant | Origin::Own => Origin::Own,
            _ => Origin::Unknown,
        }
    }

    /// What the functions of this file with a name return for a call, if there are any.
    pub(super) fn returned(
        &self,
        name: &str,
        call: Node<'t>,
        trace: &mut Trace<'t>,
        depth: u32,
    ) -> Option<Origin> {
        let functions = self.functions.get(name)?;
        if trace.functions == 0 {
            return None;
        }
        trace.functions -= 1;
        let mut most = None;
        for scope in functions.iter().take(CALLS) {
            let Some(scope) = self.scopes.get(*scope) else {
                continue;
            };
            let arguments = call.child_by_field_name("arguments");
            let known = trace.calls.len();
            trace.calls.extend(arguments.map(|a| (scope.start, a)));
            for value in scope.returns.iter().take(CALLS) {
                most = most.max(Some(self.value(*value, trace, depth + 1)));
            }
            trace.calls.truncate(known);
        }
        trace.functions += 1;
        most
    }

    /// What a function that is handed over to a call returns: `list.map(() => "?")`.
    fn mapped(&self, call: Node<'t>, trace: &mut Trace<'t>, depth: u32) -> Option<Origin> {
        // `list.map { |x| f(x) }`
        let block = call.child_by_field_name("block");
        let body = block.and_then(|block| block.child_by_field_name("body"));
        if let Some(last) = body.and_then(last_child) {
            return Some(self.value(last, trace, depth + 1));
        }
        let mut function = call.child_by_field_name("arguments")?.named_child(0)?;
        if function.kind() == "argument" {
            function = function.named_child(0)?;
        }
        // `array_map('intval', $ids)`
        let named = self.text_of(function);
        let handed = named.strip_suffix("(...)");
        let named = handed.unwrap_or(named).trim_matches(['\'', '"']);
        if (handed.is_some() || is_string(function.kind()))
            && self.names.clean.is_match(named.as_bytes())
        {
            return Some(Origin::Constant);
        }
        if self.role(function) != Role::Function || trace.functions == 0 {
            return None;
        }
        let scope = self.scopes.get(self.scope_at(function.start_byte()))?;
        if scope.start != function.start_byte() || scope.returns.is_empty() {
            return None;
        }
        trace.functions -= 1;
        let most = self.most(scope.returns.clone(), trace, depth);
        trace.functions += 1;
        Some(most)
    }
}
