package io.llmproxy.testing.openai;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Images, audio and videos, going in as multipart and coming out as JSON, bytes or events. */
public final class FakeMedia {
    private static final String IMAGES = """
            {"created":1750000000,"data":[{"b64_json":"iVBORw0KGgo=","revised_prompt":"a cät"}],"output_format":"png","usage":\
            {"input_tokens":5,"input_tokens_details":{"image_tokens":0,"text_tokens":5},"output_tokens":4160,"total_tokens":4165}}""";
    private static final String VIDEO = """
            {"id":"%s","object":"video","model":"sora-2","status":"%s","progress":%d,"created_at":1750000000,"size":"720x1280",\
            "seconds":"4","prompt":"a cät","error":null}""";
    private static final String SPOKEN = "Grüezi mitenand";

    private FakeMedia() {}

    public static void routes(Routes routes) {
        routes.on("POST /images/generations", FakeMedia::generation)
                .on("POST /images/edits", FakeMedia::edit)
                .json("POST /images/variations", IMAGES)
                .on("POST /audio/speech", FakeMedia::speech)
                .on("POST /audio/transcriptions", FakeMedia::transcription)
                .on("POST /audio/translations", call -> spoken(call, "Hello everybody"));
        videos(routes);
    }

    private static void videos(Routes routes) {
        routes.json("POST /videos", VIDEO.formatted("video_1", "queued", 0))
                .list(
                        "GET /videos",
                        VIDEO.formatted("video_1", "completed", 100),
                        VIDEO.formatted("video_2", "queued", 0),
                        VIDEO.formatted("video_3", "queued", 0))
                .on("GET /videos/{}", call -> call.json(VIDEO.formatted(call.id(), "completed", 100)))
                .on("POST /videos/{}/remix", call -> call.json(VIDEO.formatted("video_4", "queued", 0)))
                .on("GET /videos/{}/content", call -> call.bytes(200, "video/mp4", noise(200_000)))
                .named("DELETE /videos/{}", """
                        {"id":"%s","object":"video.deleted","deleted":true}""");
    }

    private static void generation(Call call) throws IOException {
        if (call.json().path("stream").asBoolean(false)) {
            images(call, "image_generation");
        } else {
            call.json(IMAGES);
        }
    }

    private static void edit(Call call) throws IOException {
        if (call.partText("stream", "false").equals("true")) {
            images(call, "image_edit");
        } else {
            call.json(IMAGES);
        }
    }

    private static void images(Call call, String what) throws IOException {
        String rest =
                "\"b64_json\":\"iVBORw0KGgo=\",\"created_at\":1750000000,\"size\":\"1024x1024\",\"quality\":\"high\","
                        + "\"background\":\"opaque\",\"output_format\":\"png\"";
        call.typedEvents(List.of(
                "{\"type\":\"" + what + ".partial_image\",\"partial_image_index\":0," + rest + "}",
                "{\"type\":\"" + what + ".partial_image\",\"partial_image_index\":1," + rest + "}",
                "{\"type\":\"" + what + ".completed\"," + rest
                        + ",\"usage\":{\"input_tokens\":5,\"input_tokens_details\":{\"image_tokens\":0,\"text_tokens\":5},"
                        + "\"output_tokens\":4160,\"total_tokens\":4165}}"));
    }

    private static void speech(Call call) throws IOException {
        if (call.json().path("stream_format").asString("").equals("sse")) {
            call.typedEvents(
                    List.of(
                            "{\"type\":\"speech.audio.delta\",\"audio\":\"UklGRg==\"}",
                            "{\"type\":\"speech.audio.done\",\"usage\":{\"input_tokens\":3,\"output_tokens\":9,\"total_tokens\":12}}"));
            return;
        }
        byte[] sound = noise(50_000);
        call.chunked("audio/mpeg").connection().chunk(Arrays.copyOf(sound, 20_000));
        call.connection().chunk(Arrays.copyOfRange(sound, 20_000, sound.length));
        call.connection().lastChunk();
    }

    private static void transcription(Call call) throws IOException {
        if (call.partText("stream", "false").equals("true")) {
            call.typedEvents(
                    List.of(
                            "{\"type\":\"transcript.text.delta\",\"delta\":\"Grüezi\"}",
                            "{\"type\":\"transcript.text.delta\",\"delta\":\" mitenand\"}",
                            "{\"type\":\"transcript.text.done\",\"text\":\"" + SPOKEN
                                    + "\",\"usage\":{\"type\":\"tokens\",\"input_tokens\":14,\"output_tokens\":4,\"total_tokens\":18}}"));
        } else {
            spoken(call, SPOKEN);
        }
    }

    private static void spoken(Call call, String text) throws IOException {
        switch (call.partText("response_format", "json")) {
            case "text" -> plain(call, text + "\n");
            case "srt" -> plain(call, "1\n00:00:00,000 --> 00:00:02,500\n" + text + "\n\n");
            case "vtt" -> plain(call, "WEBVTT\n\n00:00:00.000 --> 00:00:02.500\n" + text + "\n\n");
            case "verbose_json" -> call.json("""
                        {"task":"transcribe","language":"german","duration":2.5,"text":"%1$s","segments":[{"id":0,"seek":0,"start":0.0,\
                        "end":2.5,"text":"%1$s","tokens":[50364,883],"temperature":0.0,"avg_logprob":-0.28,"compression_ratio":1.23,\
                        "no_speech_prob":0.009}],"usage":{"type":"duration","seconds":3}}""".formatted(text));
            default -> call.json("""
                        {"text":"%s","usage":{"type":"tokens","input_tokens":14,"output_tokens":4,"total_tokens":18}}""".formatted(text));
        }
    }

    private static void plain(Call call, String text) throws IOException {
        call.bytes(200, "text/plain; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] noise(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }
}
