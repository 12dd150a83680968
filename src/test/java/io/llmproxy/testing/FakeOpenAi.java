package io.llmproxy.testing;

import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.openai.FakeChat;
import io.llmproxy.testing.openai.FakeFailures;
import io.llmproxy.testing.openai.FakeFiles;
import io.llmproxy.testing.openai.FakeMedia;
import io.llmproxy.testing.openai.FakeModels;
import io.llmproxy.testing.openai.FakeResponses;
import io.llmproxy.testing.openai.FakeTuning;
import io.llmproxy.testing.openai.Routes;
import java.io.IOException;

/**
 * Answers as OpenAI's API does, every published endpoint of it. Every chat answers {@value #REPLY} and counts 7 + 3 tokens; an
 * embedding counts 5; files give back their bytes; models named {@code fail-…} fail as {@link FakeFailures} says.
 */
final class FakeOpenAi implements Script {
    static final String REPLY = FakeChat.REPLY;

    private final Routes routes = new Routes();
    private final FakeFailures failures = new FakeFailures();

    FakeOpenAi() {
        FakeChat.routes(routes);
        FakeModels.routes(routes);
        FakeResponses.routes(routes);
        FakeMedia.routes(routes);
        FakeTuning.routes(routes);
        new FakeFiles().routes(routes);
        failures.routes(routes);
    }

    @Override
    public void play(FakeConnection connection) throws IOException, InterruptedException {
        if (!failures.play(connection)) {
            routes.play(connection);
        }
    }
}
