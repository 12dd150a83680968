package io.llmproxy.sdk;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.openai.core.JsonMissing;
import com.openai.core.ObjectMappers;
import com.openai.core.http.HttpResponse;
import com.openai.core.http.StreamResponse;
import com.openai.errors.OpenAIException;
import com.openai.errors.OpenAIServiceException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** What a client observed, step by step: values and stream events as JSON, exceptions with all that they tell. */
final class Transcript {
    private final Map<String, List<String>> steps = new LinkedHashMap<>();
    private final List<String> failed = new ArrayList<>();
    private List<String> current = new ArrayList<>();

    Map<String, List<String>> steps() {
        return steps;
    }

    /** The steps that ended with an exception. */
    List<String> failed() {
        return failed;
    }

    void note(String line) {
        current.add(line);
    }

    /** A call that returns a value. */
    void call(String name, Supplier<?> call) {
        step(name, () -> note(json(call.get())));
    }

    /** A call that returns several values, a page after the other. */
    void all(String name, Supplier<? extends Iterable<?>> call) {
        step(name, () -> call.get().forEach(value -> note(json(value))));
    }

    /** A call that returns a stream of events. */
    void stream(String name, Supplier<? extends StreamResponse<?>> call) {
        step(name, () -> {
            try (StreamResponse<?> stream = call.get()) {
                stream.stream().forEach(event -> note(json(event)));
            }
            note("end of stream");
        });
    }

    /** A call that returns bytes. */
    void bytes(String name, Supplier<HttpResponse> call) {
        step(name, () -> {
            try (HttpResponse response = call.get()) {
                byte[] bytes = response.body().readAllBytes();
                note(bytes.length + " bytes, " + digest(bytes));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private void step(String name, Runnable work) {
        current = new ArrayList<>();
        if (steps.put(name, current) != null) {
            throw new IllegalStateException("Two steps are named " + name);
        }
        try {
            work.run();
        } catch (OpenAIException e) {
            failed.add(name);
            note(told(e));
        }
    }

    private static String told(OpenAIException e) {
        String what = e.getClass().getSimpleName();
        if (e instanceof OpenAIServiceException s) {
            return "%s %d type=%s code=%s param=%s body=%s message=%s"
                    .formatted(what, s.statusCode(), s.type(), s.code(), s.param(), json(s.body()), s.getMessage());
        }
        return what + ": " + e.getMessage();
    }

    private static String json(Object value) {
        if (value instanceof JsonMissing) {
            return "missing";
        }
        try {
            return ObjectMappers.jsonMapper().writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    private static String digest(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
