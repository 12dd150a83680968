package io.llmproxy.adapter.provider.translation;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.port.ProviderCall;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Requests of Gemini's, Ollama's and the Responses API's clients that cannot be taken along, refused by name before anything is sent. */
class BadClientRequestsTest {
    private static ProxyError refusal(String path, String provider, String json) {
        CannedProvider canned = new CannedProvider(Dialects.kind(provider), 200, new HeaderFields(), new byte[0]);
        try (ProviderCall _ = Dialects.call(
                Dialects.translating(canned, provider, false), path, HeaderFields.of("User-Agent", "test"), json)) {
            throw new AssertionError("it was sent: " + canned.body());
        } catch (ProxyException e) {
            assertThat(canned.path()).isEmpty();
            return e.error();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"generationConfig\":{\"responseModalities\":[\"IMAGE\"]}|generationConfig.responseModalities",
                "\"generationConfig\":{\"speechConfig\":{}}|generationConfig.speechConfig",
                "\"generation_config\":{\"new_one\":1}|generationConfig.newOne",
                "\"cachedContent\":\"c\"|cachedContent",
                "\"safetySettings\":[{\"threshold\":\"BLOCK_ONLY_HIGH\"}]|safetySettings",
                "\"tools\":[{\"googleSearch\":{}}]|tools[0].googleSearch",
                "\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\",\"behavior\":\"NON_BLOCKING\"}]}]|tools[0].functionDeclarations[0].behavior",
                "\"toolConfig\":{\"functionCallingConfig\":{\"mode\":\"VALIDATED\"}}|toolConfig.functionCallingConfig.mode",
                "\"contents\":[{\"parts\":[{\"fileData\":{\"fileUri\":\"gs://b/f\"}}]}]|contents[0].parts[0].fileData.fileUri",
                "\"contents\":[{\"parts\":[{\"executableCode\":{}}]}]|contents[0].parts[0].executableCode"
            })
    void whatOthersDoNotHaveIsRefusedToGeminisClients(String member, String parameter) {
        String contents = member.contains("\"contents\"") ? "" : ",\"contents\":[{\"parts\":[{\"text\":\"x\"}]}]";
        ProxyError error = refusal("/models/m:generateContent", "openai", "{" + member + contents + "}");

        assertThat(error.code()).isEqualTo("unsupported_parameter");
        assertThat(error.param()).isEqualTo(parameter);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"previous_response_id\":\"r\"|previous_response_id",
                "\"conversation\":\"c\"|conversation",
                "\"store\":true|store",
                "\"background\":true|background",
                "\"truncation\":\"auto\"|truncation",
                "\"include\":[\"file_search_call.results\"]|include.file_search_call.results",
                "\"text\":{\"verbosity\":\"low\"}|text.verbosity",
                "\"text\":{\"bar\":1}|text.bar",
                "\"reasoning\":{\"bar\":1}|reasoning.bar",
                "\"tools\":[{\"type\":\"function\",\"name\":\"f\",\"bar\":1}]|tools[0].bar",
                "\"input\":[{\"role\":\"user\",\"content\":\"x\",\"bar\":1}]|input[0].bar",
                "\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"x\",\"bar\":1}]}]|input[0].content[0].bar",
                "\"input\":[{\"type\":\"function_call\",\"call_id\":\"i\",\"name\":\"f\",\"bar\":1}]|input[0].bar",
                "\"top_logprobs\":2|logprobs",
                "\"include\":[\"message.output_text.logprobs\"]|logprobs",
                "\"max_tool_calls\":1|max_tool_calls",
                "\"tools\":[{\"type\":\"web_search\"}]|tools[0].type",
                "\"tool_choice\":{\"type\":\"allowed_tools\"}|tool_choice.type",
                "\"input\":[{\"type\":\"item_reference\",\"id\":\"i\"}]|input[0].type",
                "\"input\":[{\"type\":\"computer_call\"}]|input[0].type",
                "\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_image\",\"file_id\":\"f\"}]}]|messages.content.image.file_id"
            })
    void whatOthersDoNotHaveIsRefusedToClientsOfResponses(String member, String parameter) {
        String input = member.contains("\"input\"") ? "" : ",\"input\":\"x\"";
        ProxyError error = refusal("/responses", "anthropic", "{\"model\":\"m\"," + member + input + "}");

        assertThat(error.code()).isEqualTo("unsupported_parameter");
        if (!parameter.startsWith("messages")) {
            assertThat(error.param()).isEqualTo(parameter);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "/models/m:generateContent|{}|contents",
                "/models/m:generateContent|{\"contents\":[{\"role\":\"king\",\"parts\":[]}]}|contents[0].role",
                "/models/m:generateContent|{\"contents\":[{\"parts\":[{}]}]}|contents[0].parts[0].text",
                "/models/m:generateContent|{\"contents\":[{\"parts\":[{\"text\":1}]}]}|contents[0].parts[0].text",
                "/models/m:generateContent|{\"contents\":[{\"parts\":[{\"functionResponse\":{\"name\":\"f\"}}]}]}|contents[0].parts[0].functionResponse.name",
                "/models/m:generateContent|{\"contents\":[{\"parts\":[{\"text\":\"x\"}]}],\"generationConfig\":{\"topK\":1.5}}|generationConfig.topK",
                "/models/m:generateContent|{\"contents\":[{\"parts\":[{\"text\":\"x\"}]}],\"generationConfig\":[]}|generationConfig",
                "/models/m:batchEmbedContents|{}|requests",
                "/models/m:batchEmbedContents|{\"requests\":[{\"content\":{\"parts\":[{\"inlineData\":{}}]}}]}|requests[0].content.parts[0].text",
                "/responses|{\"model\":\"m\"}|input",
                "/responses|{\"model\":\"m\",\"input\":[{\"role\":\"user\"}]}|input[0].content",
                "/responses|{\"model\":\"m\",\"input\":[{\"type\":\"function_call\",\"name\":\"f\"}]}|input[0].call_id",
                "/models/m:generateContent|{\"contents\":[{\"parts\":[{\"text\":\"x\"}]}],\"generationConfig\":{\"logprobs\":21}}|generationConfig.logprobs",
                "/models/m:generateContent|{\"contents\":[{\"parts\":[{\"text\":\"x\"}]}],\"generationConfig\":{\"candidateCount\":0}}|generationConfig.candidateCount",
                "/models/m:streamGenerateContent|{\"contents\":[{\"parts\":[{\"text\":\"x\"}]}],\"generationConfig\":{\"candidateCount\":129}}|generationConfig.candidateCount",
                "/models/m:generateContent|{\"contents\":[{\"parts\":[{\"text\":\"x\"}]}],\"generationConfig\":{\"thinkingConfig\":{\"includeThoughts\":1}}}|generationConfig.thinkingConfig.includeThoughts",
                "/responses|{\"model\":\"m\",\"input\":\"x\",\"top_logprobs\":21}|top_logprobs",
                "/api/chat|{\"model\":\"m\",\"messages\":5}|messages",
                "/api/chat|{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"top_logprobs\":21}|top_logprobs",
                "/api/chat|{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"options\":1}|options",
                "/api/chat|{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"think\":\"hard\"}|think",
                "/api/chat|{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"format\":\"xml\"}|format",
                "/api/embed|{\"model\":\"m\"}|input",
                "/api/embeddings|{\"model\":\"m\"}|prompt"
            })
    void whatIsMalformedIsRefusedByName(String path, String json, String parameter) {
        ProxyError error = refusal(path, "openai", json);

        assertThat(error.status()).isEqualTo(400);
        assertThat(error.param()).isEqualTo(parameter);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"model\":\"m\",\"input\":[1,2]}|input",
                "{\"model\":\"m\",\"input\":[[1]]}|input",
                "{\"model\":\"m\",\"input\":[]}|input",
                "{\"model\":\"m\",\"input\":\"x\",\"encoding_format\":\"hex\"}|encoding_format",
                "{\"model\":\"a b\",\"input\":\"x\"}|model",
                "{\"model\":\"m\",\"input\":\"x\",\"new\":1}|new"
            })
    void whatCannotBeEmbeddedIsRefusedByName(String json, String parameter) {
        assertThat(refusal("/embeddings", "gemini", json).param()).isEqualTo(parameter);
        assertThat(refusal("/embeddings", "anthropic", json).param()).isEqualTo("model");
    }
}
