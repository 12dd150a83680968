package io.llmproxy.adapter.provider.support.chat;

import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.Message;
import io.llmproxy.domain.chat.Role;
import io.llmproxy.domain.chat.ToolChoice;
import java.util.List;

/** What Claude's thinking by a budget does not go together with ("Extended thinking with tool use"). */
public final class ToolLoops {
    private static final String BEHIND_RESULTS =
            "reasoning_effort, since the thoughts before the tools' results did not come back";

    private ToolLoops() {}

    /** Whether an answer may be thought about; where not, the client is told, or refused. */
    public static boolean mayThink(ChatRequest request, Notes notes) {
        ToolChoice choice = request.toolChoice();
        if (choice instanceof ToolChoice.Required || choice instanceof ToolChoice.Named) {
            notes.unsupported("reasoning_effort", "the model does not think where it must call a tool");
            return false;
        }
        if (unthought(request.messages())) {
            notes.hint(BEHIND_RESULTS);
            return false;
        }
        return true;
    }

    /**
     * Whether the last to speak are tools, and what the model thought before it called them did not come back with its calls, as
     * few clients but its own send it.
     */
    public static boolean unthought(List<Message> conversation) {
        int last = conversation.size() - 1;
        while (last >= 0 && conversation.get(last).role() == Role.USER) {
            last--; // is one message with the results before it
        }
        if (last < 0 || conversation.get(last).role() != Role.TOOL) {
            return false;
        }
        for (int i = last; i >= 0; i--) {
            Message message = conversation.get(i);
            if (message.role() == Role.USER) {
                return true;
            }
            if (message.role() == Role.ASSISTANT && message.content().stream().anyMatch(ToolLoops::kept)) {
                return false;
            }
        }
        return true;
    }

    private static boolean kept(Content content) {
        return content instanceof Content.RedactedThinking
                || content instanceof Content.Thinking thought && thought.signed();
    }
}
