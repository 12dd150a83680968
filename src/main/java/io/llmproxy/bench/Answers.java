package io.llmproxy.bench;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** What the paced upstream answers, ready for the wire. */
final class Answers {
    private static final String TEXT = "Lorem ipsum dolor sit amet, consectetur adipiscing elit. ";
    private static final String USAGE = "{\"prompt_tokens\":95,\"completion_tokens\":140,\"total_tokens\":235}";
    private static final byte[] PLAIN = plain("""
            {"id":"chatcmpl-bench","object":"chat.completion","created":1700000000,"model":"bench","choices":[{"index":0,\
            "message":{"role":"assistant","content":"%s","refusal":null},"logprobs":null,"finish_reason":"stop"}],\
            "usage":%s,"system_fingerprint":null}""".formatted(TEXT.repeat(12), USAGE));
    private static final String EVENT = "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\","
            + "\"created\":1700000000,\"model\":\"paced\",\"service_tier\":\"default\",\"system_fingerprint\":null,";
    private static final String WORD =
            "\"choices\":[{\"index\":0,\"delta\":{\"content\":\" dolor\"},\"logprobs\":null,\"finish_reason\":null}],";

    private Answers() {}

    private static byte[] plain(String body) {
        return bytes("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: " + body.length()
                + "\r\n\r\n" + body);
    }

    static ByteBuffer plain() {
        return ByteBuffer.wrap(PLAIN);
    }

    static ByteBuffer streamHead() {
        return ByteBuffer.wrap(
                bytes("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"));
    }

    /**
     * One chunk, stamped with the time of this call.
     *
     * @param usage whether each chunk says that it has no usage, as OpenAI's do where the request asks for usage
     */
    static ByteBuffer chunk(int number, boolean usage) {
        String event = EVENT + WORD + (usage ? "\"usage\":null," : "") + ChunkText.MARK + number + ','
                + System.nanoTime() + "]}\n\n";
        return ByteBuffer.wrap(bytes(framed(event)));
    }

    static ByteBuffer streamEnd(boolean usage) {
        String last = usage ? EVENT + "\"choices\":[],\"usage\":" + USAGE + "}\n\n" : "";
        return ByteBuffer.wrap(bytes(framed(last + "data: [DONE]\n\n") + "0\r\n\r\n"));
    }

    private static String framed(String event) {
        return Integer.toHexString(event.length()) + "\r\n" + event + "\r\n";
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
