package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.tokenizer.JtokkitTokenizer;
import io.llmproxy.gateway.estimate.PromptShape;
import io.llmproxy.gateway.estimate.UsageEstimator;
import io.llmproxy.gateway.scan.DeliveredText;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The two examples of OpenAI's cookbook, "How to count tokens with tiktoken", with the counts that its API gave for them. */
class PublishedTokenCountsTest {
    private static final String MESSAGES = """
            {"messages": [
              {"role": "system", "content": "You are a helpful, pattern-following assistant that translates corporate jargon into plain English."},
              {"role": "system", "name": "example_user", "content": "New synergies will help drive top-line growth."},
              {"role": "system", "name": "example_assistant", "content": "Things working well together will increase revenue."},
              {"role": "system", "name": "example_user", "content": "Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage."},
              {"role": "system", "name": "example_assistant", "content": "Let's talk later when we're less busy about how to do better."},
              {"role": "user", "content": "This late pivot means we don't have time to boil the ocean for the client deliverable."}
            ]}""";

    private static final String TOOLS = """
            {"tools": [{"type": "function", "function": {
                "name": "get_current_weather",
                "description": "Get the current weather in a given location",
                "parameters": {"type": "object", "properties": {
                  "location": {"type": "string", "description": "The city and state, e.g. San Francisco, CA"},
                  "unit": {"type": "string", "description": "The unit of temperature to return", "enum": ["celsius", "fahrenheit"]}},
                  "required": ["location"]}}}],
             "messages": [
              {"role": "system", "content": "You are a helpful assistant that can answer to questions about the weather."},
              {"role": "user", "content": "What's the weather like in San Francisco?"}]}""";

    private final UsageEstimator estimator = new UsageEstimator(new JtokkitTokenizer());

    @Test
    void messagesCountWhatTheProviderCounts() {
        assertThat(count("gpt-3.5-turbo", MESSAGES)).isEqualTo(129);
        assertThat(count("gpt-4-0613", MESSAGES)).isEqualTo(129);
        assertThat(count("gpt-4o", MESSAGES)).isEqualTo(124);
        assertThat(count("gpt-4o-mini", MESSAGES)).isEqualTo(124);
    }

    @Test
    void toolsCountWhatTheProviderCounts() {
        assertThat(count("gpt-4", TOOLS)).isEqualTo(105);
        assertThat(count("gpt-4o", TOOLS)).isEqualTo(101);
    }

    private long count(String model, String json) {
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        UsageEstimator.Sent sent = new UsageEstimator.Sent() {
            @Override
            public InputStream open() {
                return new ByteArrayInputStream(body);
            }

            @Override
            public long length() {
                return body.length;
            }
        };
        return estimator
                .estimate(PromptShape.CHAT, model, sent, new DeliveredText())
                .input();
    }
}
