package io.llmproxy.adapter.provider.support.chat;

import io.llmproxy.adapter.provider.support.CurrentCall;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.port.Provider;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.UpstreamException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Several requests as one call: one after the other, until one fails. The answer is the failure's, else a list of all answers, as they
 * came: {@code {"answers":[…]}}.
 */
final class CallsInTurn implements ProviderCall {
    private static final int MAX_ANSWERS = 64 * 1024 * 1024;
    private static final byte[] COMMA = {','};

    private final Provider provider;
    private final List<Provider.UpstreamRequest> requests;
    private final @Nullable String sum;
    private final CurrentCall current = new CurrentCall();
    private @Nullable InputStream body;

    /** @param sum the field of the answers' heads that is a number, and theirs together; null: none */
    CallsInTurn(Provider provider, List<Provider.UpstreamRequest> requests, @Nullable String sum) {
        this.sum = sum;
        this.provider = provider;
        this.requests = List.copyOf(requests);
    }

    @Override
    public Head execute() throws UpstreamException {
        ByteArrayOutputStream answers = new ByteArrayOutputStream();
        answers.writeBytes("{\"answers\":[".getBytes(StandardCharsets.US_ASCII));
        HeaderFields fields = new HeaderFields();
        long counted = 0;
        for (int i = 0; i < requests.size(); i++) {
            ProviderCall call = current.begin(provider.call(requests.get(i)));
            Head head = call.execute();
            if (head.status() != 200 || head.headers().contains("Content-Encoding")) {
                body = call.body();
                return head;
            }
            fields = head.headers();
            counted += sum == null ? 0 : Math.max(0, Answers.OfEmbeddings.count(fields, sum));
            answers.writeBytes(i == 0 ? new byte[0] : COMMA);
            answers.writeBytes(answer(call, MAX_ANSWERS - answers.size()));
            call.close();
        }
        answers.writeBytes("]}".getBytes(StandardCharsets.US_ASCII));
        if (sum != null && counted > 0) {
            HeaderFields last = fields;
            fields = new HeaderFields();
            last.forEach(fields::add);
            fields.set(sum, Long.toString(counted));
        }
        body = new ByteArrayInputStream(answers.toByteArray());
        return new Head(200, fields, answers.size());
    }

    private static byte[] answer(ProviderCall call, int most) throws UpstreamException {
        try {
            byte[] bytes = call.body().readNBytes(most + 1);
            if (bytes.length > most) {
                throw Unreadable.because("the answers are larger than " + MAX_ANSWERS + " bytes");
            }
            if (!Json.parse(bytes).isObject()) {
                throw Unreadable.because("it is no JSON object");
            }
            return bytes;
        } catch (UpstreamException e) {
            throw e;
        } catch (IOException e) {
            throw new UpstreamException(UpstreamException.Kind.UNREADABLE, "the answer cannot be read", e);
        }
    }

    @Override
    public boolean sent() {
        return current.sent();
    }

    @Override
    public InputStream body() {
        InputStream known = body;
        return known == null ? InputStream.nullInputStream() : known;
    }

    @Override
    public void cancel() {
        current.cancel();
    }

    @Override
    public void close() {
        current.close();
    }
}
