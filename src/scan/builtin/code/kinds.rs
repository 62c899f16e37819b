//! What the nodes of the eight grammars are to the search for where a value comes from.

use std::sync::OnceLock;

use ast_grep_core::tree_sitter::LanguageExt;
use tree_sitter::Node;

use super::dialect::Dialect;

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Function,
    Assignment,
    /// `x += y`
    Addition,
    BlockParameters,
    Name,
    Member,
    Subscript,
    Call,
    Binary,
    Comparison,
    /// A text with values in it.
    Text,
    /// A value with a name or key.
    Labelled,
    /// `a ? b : c`
    Choice,
    Constant,
    /// A condition that may keep code from what follows.
    Guard,
    Return,
    Other,
}

impl Role {
    /// Whether a node says where the values of others come from.
    pub(super) fn tells(self) -> bool {
        matches!(
            self,
            Role::Function
                | Role::Assignment
                | Role::Addition
                | Role::BlockParameters
                | Role::Call
                | Role::Binary
                | Role::Guard
                | Role::Return
        )
    }
}

/// The role of a kind of nodes. The grammars agree where they share a name.
pub(super) fn role(kind: &str) -> Role {
    match kind {
        "function_definition"
        | "lambda"
        | "function_declaration"
        | "function_expression"
        | "generator_function"
        | "generator_function_declaration"
        | "arrow_function"
        | "method_definition"
        | "func_literal"
        | "method_declaration"
        | "constructor_declaration"
        | "lambda_expression"
        | "anonymous_function"
        | "anonymous_function_creation_expression"
        | "method"
        | "singleton_method" => Role::Function,
        "assignment"
        | "assignment_expression"
        | "assignment_statement"
        | "short_var_declaration"
        | "variable_declarator"
        | "var_spec"
        | "const_spec"
        | "resource"
        | "for_statement"
        | "for_in_statement"
        | "for_in_clause"
        | "range_clause"
        | "enhanced_for_statement"
        | "foreach_statement"
        | "for"
        | "named_expression"
        | "as_pattern" => Role::Assignment,
        "augmented_assignment" | "augmented_assignment_expression" | "operator_assignment" => {
            Role::Addition
        }
        "block_parameters" => Role::BlockParameters,
        "identifier"
        | "variable_name"
        | "instance_variable"
        | "class_variable"
        | "global_variable"
        | "constant"
        | "shorthand_property_identifier"
        | "shorthand_property_identifier_pattern"
        | "as_pattern_target" => Role::Name,
        "attribute"
        | "member_expression"
        | "selector_expression"
        | "field_access"
        | "member_access_expression"
        | "nullsafe_member_access_expression"
        | "scoped_property_access_expression"
        | "class_constant_access_expression"
        | "scope_resolution" => Role::Member,
        "subscript"
        | "subscript_expression"
        | "index_expression"
        | "element_reference"
        | "array_access"
        | "slice_expression" => Role::Subscript,
        "call"
        | "call_expression"
        | "method_invocation"
        | "function_call_expression"
        | "member_call_expression"
        | "nullsafe_member_call_expression"
        | "scoped_call_expression"
        | "new_expression"
        | "object_creation_expression" => Role::Call,
        "binary_operator" | "binary_expression" | "binary" | "boolean_operator" => Role::Binary,
        "comparison_operator" | "not_operator" | "instanceof_expression" | "in_expression" => {
            Role::Comparison
        }
        "template_string"
        | "encapsed_string"
        | "string"
        | "heredoc"
        | "shell_command_expression"
        | "subshell"
        | "interpolation_expression"
        | "concatenated_string"
        | "chained_string"
        | "heredoc_body"
        | "regex"
        | "delimited_symbol" => Role::Text,
        "keyword_argument" | "pair" | "keyed_element" | "array_element_initializer" => {
            Role::Labelled
        }
        "conditional_expression" | "ternary_expression" | "conditional" => Role::Choice,
        "if_statement" | "if" | "unless" | "if_modifier" | "unless_modifier" | "elif_clause"
        | "else_if_clause" | "elsif" | "assert_statement" => Role::Guard,
        "property_identifier"
        | "field_identifier"
        | "type_identifier"
        | "string_literal"
        | "interpreted_string_literal"
        | "raw_string_literal"
        | "simple_symbol"
        | "type"
        | "comment"
        | "class_body"
        | "annotation"
        | "marker_annotation" => Role::Constant,
        "return_statement" | "return" => Role::Return,
        _ => Role::Other,
    }
}

/// The roles of a language's kinds of nodes, by their numbers.
pub(super) fn roles(dialect: Dialect) -> &'static [Role] {
    static ALL: [OnceLock<Vec<Role>>; Dialect::ALL.len()] = [const { OnceLock::new() }; 8];
    ALL[dialect as usize].get_or_init(|| {
        let language = dialect.get_ts_language();
        let kinds = u16::try_from(language.node_kind_count()).unwrap_or(u16::MAX);
        let kinds = (0..kinds).map(|kind| language.node_kind_for_id(kind));
        kinds.map(|kind| role(kind.unwrap_or_default())).collect()
    })
}

/// Whether a node is a text, with values in it or without.
pub(super) fn is_string(kind: &str) -> bool {
    matches!(
        kind,
        "string"
            | "string_literal"
            | "template_string"
            | "encapsed_string"
            | "interpreted_string_literal"
            | "raw_string_literal"
            | "concatenated_string"
            | "chained_string"
            | "heredoc"
            | "text_block"
    )
}

/// What a method is called on.
pub(super) fn called_on(call: Node<'_>) -> Option<Node<'_>> {
    let on = ["receiver", "object", "scope"];
    let on = on.into_iter().find_map(|f| call.child_by_field_name(f));
    on.or_else(|| {
        let function = call.child_by_field_name("function")?;
        (role(function.kind()) == Role::Member).then(|| function.named_child(0))?
    })
}

/// The last of the nodes in another that have names in the grammar.
pub(super) fn last_child(node: Node<'_>) -> Option<Node<'_>> {
    let last = node.named_child_count().checked_sub(1)?;
    node.named_child(u32::try_from(last).ok()?)
}
