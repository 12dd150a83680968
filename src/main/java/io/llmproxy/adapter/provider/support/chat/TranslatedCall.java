package io.llmproxy.adapter.provider.support.chat;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.chat.ProviderFailure;
import io.llmproxy.gateway.ContentCoding;
import io.llmproxy.gateway.KeptBody;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.UpstreamException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A call whose answer comes in the client's dialect. A whole answer is read and translated before its head is told, so that one
 * that is not in its format is an error and no half answer; a stream is translated event by event, as it comes.
 */
final class TranslatedCall implements ProviderCall {
    private static final int MAX_ANSWER = 64 * 1024 * 1024;
    private static final int MAX_FAILURE = 256 * 1024;
    private static final int BAD_GATEWAY = 502;

    private final ProviderCall call;
    private final ProviderDialect provider;
    private final Answers answers;
    private final KeptBody sent;
    private final Translations translations;
    private final @Nullable String warning;
    private @Nullable InputStream body;
    private @Nullable KeptBody answered;

    /**
     * @param sent the translated request, closed with the call
     * @param provider whose errors and streams come
     * @param answers what becomes of them
     * @param warning what the client is told of the translation; null: nothing
     */
    TranslatedCall(
            ProviderCall call,
            KeptBody sent,
            ProviderDialect provider,
            Answers answers,
            Translations translations,
            @Nullable String warning) {
        this.call = call;
        this.sent = sent;
        this.provider = provider;
        this.answers = answers;
        this.translations = translations;
        this.warning = warning;
    }

    @Override
    public Head execute() throws UpstreamException {
        Head head = call.execute();
        try {
            if (head.status() < 200 || head.status() > 299) {
                return failed(head, head.status() < 400 ? BAD_GATEWAY : head.status());
            }
            boolean events = type(head).startsWith(provider.streamFormat().contentType());
            if (events != answers.stream() && !type(head).isEmpty()) {
                return unexpected(head);
            }
            return answers.stream() ? stream(head) : whole(head);
        } catch (UpstreamException e) {
            throw e;
        } catch (IOException e) {
            throw new UpstreamException(UpstreamException.Kind.UNREADABLE, "the answer cannot be decoded", e);
        }
    }

    @Override
    public boolean sent() {
        return call.sent();
    }

    private static String type(Head head) {
        return head.headers().first("Content-Type").orElse("").strip().toLowerCase(Locale.ROOT);
    }

    private Head stream(Head head) throws UpstreamException {
        StreamWriter writer = answers.writer();
        body = new TranslatedStream(plain(head), provider.streamFormat(), answers.reader(), answers.model(), writer);
        return new Head(head.status(), fields(head, writer.contentType()), -1);
    }

    private Head whole(Head head) throws IOException {
        JsonNode answer = tree(head, MAX_ANSWER);
        if (reportsFailure(answer)) {
            return failed(head, provider.readFailure(BAD_GATEWAY, answer));
        }
        return bytes(head, head.status(), answers.whole(head.headers(), answer));
    }

    /** A stream where none was asked for, or none where one was: an error perhaps. */
    private Head unexpected(Head head) throws IOException {
        JsonNode answer = type(head).contains("json") ? tree(head, MAX_FAILURE) : Json.parse(new byte[0]);
        if (reportsFailure(answer)) {
            return failed(head, provider.readFailure(BAD_GATEWAY, answer));
        }
        throw Unreadable.because("its Content-Type is not the one of what was asked for");
    }

    private static boolean reportsFailure(JsonNode answer) {
        return answer.path("error").isObject() || answer.path("error").isString();
    }

    private Head failed(Head head, int status) throws IOException {
        JsonNode told = Json.parse(plain(head).readNBytes(MAX_FAILURE));
        return failed(withWait(head, told), provider.readFailure(status, told));
    }

    /** What some say in the body alone, clients and retries look for in a field. */
    private Head withWait(Head head, JsonNode told) {
        Long seconds = provider.retryAfterSeconds(told);
        if (seconds == null || head.headers().contains("Retry-After")) {
            return head;
        }
        HeaderFields fields = new HeaderFields();
        head.headers().forEach(fields::add);
        fields.set("Retry-After", Long.toString(seconds));
        return new Head(head.status(), fields, head.contentLength());
    }

    private Head failed(Head head, ProviderFailure failure) throws IOException {
        ClientForm client = answers.client();
        return bytes(head, client.status(failure), client.writeFailure(failure));
    }

    private Head bytes(Head head, int status, byte[] json) throws IOException {
        KeptBody kept = translations.room().keep(json);
        answered = kept;
        body = kept.open();
        return new Head(status, fields(head, "application/json"), json.length);
    }

    private JsonNode tree(Head head, int most) throws IOException {
        JsonNode tree = Bytes.tree(plain(head), head.contentLength(), most);
        if (!tree.isObject()) {
            throw Unreadable.because("it is no JSON object");
        }
        return tree;
    }

    private InputStream plain(Head head) throws UpstreamException {
        String coding =
                String.join(",", head.headers().all("Content-Encoding")).strip().toLowerCase(Locale.ROOT);
        if (coding.isEmpty() || coding.equals("identity")) {
            return call.body();
        }
        if (!ContentCoding.known(coding)) {
            throw Unreadable.because("it has a content coding that was not asked for");
        }
        return ContentCoding.decoded(coding, call.body());
    }

    /** The provider's fields but for those that are about its body, with its id where clients are told it. */
    private HeaderFields fields(Head head, String type) {
        HeaderFields fields = new HeaderFields();
        head.headers().forEach(fields::add);
        for (String about : new String[] {"Content-Length", "Content-Encoding", "Content-MD5", "Digest", "ETag"}) {
            fields.remove(about);
        }
        fields.set("Content-Type", type);
        if (warning != null) {
            fields.add("Warning", warning);
        }
        return fields;
    }

    @Override
    public InputStream body() {
        return Objects.requireNonNull(body, "no body before the head");
    }

    @Override
    public void cancel() {
        call.cancel();
    }

    @Override
    public void close() {
        call.close();
        sent.close();
        if (answered != null) {
            answered.close();
        }
    }
}
