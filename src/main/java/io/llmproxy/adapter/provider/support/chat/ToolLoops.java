package io.llmproxy.adapter.provider.support.chat;

import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.Message;
import io.llmproxy.domain.chat.Role;
import java.util.List;

/** Answers that go on once tools have told their results. */
public final class ToolLoops {
    /** What a client is told where there is no thinking for that reason. */
    public static final String HINT =
            "reasoning_effort, since the thoughts before the tools' results did not come back";

    private ToolLoops() {}

    /**
     * Whether the last to speak are tools, and what the model thought before it called them did not come back with its calls. Claude
     * refuses to think on there ("Extended thinking with tool use"), and few clients but its own send thoughts back.
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
                || content instanceof Content.Thinking(var _, var signature)
                        && signature != null
                        && !signature.isEmpty();
    }
}
