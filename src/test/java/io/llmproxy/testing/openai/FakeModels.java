package io.llmproxy.testing.openai;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** What a model is asked for without talk: the list of models, embeddings (5 tokens each time) and moderations. */
public final class FakeModels {
    private static final String MODELS = """
            {"object":"list","data":[\
            {"id":"gpt-4o-mini","object":"model","created":1721172741,"owned_by":"system"},\
            {"id":"text-embedding-3-small","object":"model","created":1705948997,"owned_by":"system"}]}""";
    private static final String MODERATION = """
            {"id":"modr-1","model":"omni-moderation-latest","results":[{"flagged":true,"categories":{"harassment":false,\
            "violence":true,"self-harm/intent":false},"category_scores":{"harassment":1.9e-05,"violence":0.999925,\
            "self-harm/intent":0.000112},"category_applied_input_types":{"violence":["text","image"]}}]}""";

    private FakeModels() {}

    public static void routes(Routes routes) {
        routes.json("GET /models", MODELS)
                .named("GET /models/{}", """
                        {"id":"%s","object":"model","created":1721172741,"owned_by":"system"}""")
                .named("DELETE /models/{}", """
                        {"id":"%s","object":"model","deleted":true}""")
                .on("POST /embeddings", FakeModels::embeddings)
                .json("POST /moderations", MODERATION);
    }

    private static void embeddings(Call call) throws IOException {
        JsonNode body = call.json();
        boolean base64 = body.path("encoding_format").asString("float").equals("base64");
        List<String> data = new ArrayList<>();
        for (int i = 0; i < Math.max(1, body.path("input").size()); i++) {
            data.add("{\"object\":\"embedding\",\"index\":%d,\"embedding\":%s}"
                    .formatted(i, base64 ? "\"AACAPgAAAL8AAEA/\"" : "[0.25,-0.5,0.75]"));
        }
        call.json("""
                {"object":"list","data":[%s],"model":%s,"usage":{"prompt_tokens":5,"total_tokens":5}}""".formatted(
                        String.join(",", data), Call.quoted(body.path("model").asString("text-embedding-3-small"))));
    }
}
