//! Tools of the vendor that the caller runs: a shell, a patch, a computer. Each has a form of its own for calls and results.

/// A kind of call, and the kind of item that answers it.
#[derive(Debug)]
pub(super) struct LocalTool {
    /// The type of the call's item.
    pub(super) call: &'static str,
    /// The tool's name in a call.
    pub(super) name: &'static str,
    /// The field that holds the arguments.
    pub(super) arguments: &'static str,
    /// The type of the result's item.
    pub(super) output: &'static str,
}

impl LocalTool {
    const fn new(
        call: &'static str,
        name: &'static str,
        arguments: &'static str,
        output: &'static str,
    ) -> Self {
        Self {
            call,
            name,
            arguments,
            output,
        }
    }

    /// The tool whose calls are items of this type.
    pub(super) fn of_call(kind: &str) -> Option<&'static Self> {
        LOCAL.iter().find(|tool| tool.call == kind)
    }

    /// Whether items of this type are results.
    pub(super) fn is_output(kind: &str) -> bool {
        kind.ends_with("_call_output") || LOCAL.iter().any(|tool| tool.output == kind)
    }
}

pub(super) const LOCAL_SHELL: LocalTool = LocalTool::new(
    "local_shell_call",
    "local_shell",
    "action",
    "local_shell_call_output",
);
pub(super) const SHELL: LocalTool = LocalTool::new("shell_call", "shell", "action", "shell_call_output");
pub(super) const APPLY_PATCH: LocalTool = LocalTool::new(
    "apply_patch_call",
    "apply_patch",
    "operation",
    "apply_patch_call_output",
);
pub(super) const COMPUTER: LocalTool =
    LocalTool::new("computer_call", "computer", "action", "computer_call_output");
pub(super) const TOOL_SEARCH: LocalTool = LocalTool::new(
    "tool_search_call",
    "tool_search",
    "arguments",
    "tool_search_output",
);

const LOCAL: [LocalTool; 5] = [LOCAL_SHELL, SHELL, APPLY_PATCH, COMPUTER, TOOL_SEARCH];
