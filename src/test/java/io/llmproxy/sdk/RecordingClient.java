package io.llmproxy.sdk;

import com.openai.core.RequestOptions;
import com.openai.core.Sleeper;
import com.openai.core.http.HttpClient;
import com.openai.core.http.HttpRequest;
import com.openai.core.http.HttpResponse;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/** Notes the head of every answer below the client's retries, and every pause before a retry in the place of waiting. */
record RecordingClient(HttpClient inner, Transcript transcript) implements HttpClient, Sleeper {
    @Override
    public HttpResponse execute(HttpRequest request, RequestOptions options) {
        HttpResponse response = inner.execute(request, options);
        Map<String, java.util.List<String>> fields =
                new TreeMap<>(response.headers().asMap());
        boolean own = ExpectedDifferences.gatewaysOwn(URI.create(request.url()).getPath());
        transcript.note("answer " + response.statusCode() + (own ? "" : " " + ExpectedDifferences.answer(fields)));
        if (response.requestId().isEmpty()) {
            transcript.note("no request id");
        }
        return response;
    }

    @Override
    public CompletableFuture<HttpResponse> executeAsync(HttpRequest request, RequestOptions options) {
        return inner.executeAsync(request, options);
    }

    @Override
    public void sleep(Duration duration) {
        transcript.note("retry after " + duration);
    }

    @Override
    public CompletableFuture<Void> sleepAsync(Duration duration) {
        sleep(duration);
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public void close() {
        inner.close();
    }
}
