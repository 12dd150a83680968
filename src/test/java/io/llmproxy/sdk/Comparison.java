package io.llmproxy.sdk;

import io.llmproxy.testing.FakeProvider.Request;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.SoftAssertions;

/** Two runs of one programme side by side: what the client observed, and what the provider got. */
final class Comparison {
    private final SoftAssertions softly = new SoftAssertions();

    Comparison steps(Map<String, ?> direct, Map<String, ?> proxied) {
        direct.forEach((step, seen) ->
                softly.assertThat((Object) proxied.get(step)).as(step).isEqualTo(seen));
        softly.assertThat(proxied).hasSameSizeAs(direct);
        return this;
    }

    Comparison requests(List<Request> direct, List<Request> proxied) {
        List<String> sent = told(direct);
        List<String> arrived = told(proxied);
        for (int i = 0; i < Math.min(sent.size(), arrived.size()); i++) {
            softly.assertThat(arrived.get(i)).as("request %s", i).isEqualTo(sent.get(i));
        }
        softly.assertThat(arrived).hasSameSizeAs(sent);
        return this;
    }

    void verify() {
        softly.assertAll();
    }

    private static List<String> told(List<Request> requests) {
        return requests.stream()
                .filter(r -> !ExpectedDifferences.mayDiffer(r))
                .map(ExpectedDifferences::request)
                .toList();
    }
}
