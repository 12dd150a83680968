package io.llmproxy.gateway;

import static io.llmproxy.gateway.ObjectsFixture.FORBIDDEN;
import static io.llmproxy.gateway.ObjectsFixture.NOT_FOUND;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the body of a request to a shared provider names must be the tenant's own. */
class ObjectReferencesTest {
    @TempDir
    Path directory;

    private ObjectsFixture objects = new ObjectsFixture(Path.of("unset"));

    @BeforeEach
    void setUp() {
        objects = new ObjectsFixture(directory);
    }

    static Stream<List<String>> references() {
        String chat =
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"file\",\"file\":{%s}}]}]}";
        return Stream.of(
                List.of("/files", "/chat/completions", chat.formatted("\"file_id\":\"%s\"")),
                List.of("/files", "/chat/completions", chat.formatted("\"file\\u005fid\":\"%s\"")),
                List.of("/files", "/batches", "{\"input_file_id\":\"%s\"}"),
                List.of("/files", "/batches", "{\"input_file_id\":null,\"input_file_id\":\"%s\"}"),
                List.of("/files", "/fine_tuning/jobs", "{\"model\":\"m\",\"training_file\":\"%s\"}"),
                List.of("/files", "/fine_tuning/jobs", "{\"model\":\"m\",\"validation_file\":\"%s\"}"),
                List.of("/files", "/vector_stores", "{\"file_ids\":[\"%s\"]}"),
                List.of("/files", "/containers", "{\"file_ids\":[\"%s\"]}"),
                List.of("/files", "/images/edits", "{\"images\":[{\"file_id\":\"%s\"}],\"prompt\":\"p\"}"),
                List.of("/responses", "/responses", "{\"model\":\"m\",\"previous_response_id\":\"%s\"}"),
                List.of("/responses", "/responses/input_tokens", "{\"model\":\"m\",\"previous_response_id\":\"%s\"}"),
                List.of("/responses", "/responses/compact", "{\"model\":\"m\",\"previous_response_id\":\"%s\"}"),
                List.of("/conversations", "/responses", "{\"model\":\"m\",\"conversation\":\"%s\"}"),
                List.of("/conversations", "/responses", "{\"model\":\"m\",\"conversation\":{\"id\":\"%s\"}}"),
                List.of(
                        "/files",
                        "/responses",
                        "{\"model\":\"m\",\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_file\",\"file_id\":\"%s\"}]}]}"),
                List.of(
                        "/vector_stores",
                        "/responses",
                        "{\"model\":\"m\",\"tools\":[{\"type\":\"file_search\",\"vector_store_ids\":[\"%s\"]}]}"),
                List.of(
                        "/containers",
                        "/responses",
                        "{\"model\":\"m\",\"tools\":[{\"type\":\"code_interpreter\",\"container\":\"%s\"}]}"),
                List.of(
                        "/files",
                        "/responses",
                        "{\"model\":\"m\",\"tools\":[{\"container\":{\"type\":\"auto\",\"file_ids\":[\"%s\"]}}]}"),
                List.of(
                        "/containers",
                        "/responses",
                        "{\"model\":\"m\",\"tools\":[{\"environment\":{\"container_id\":\"%s\"}}]}"));
    }

    @ParameterizedTest
    @MethodSource("references")
    void aBodyMayNameTheTenantsOwnObjectsAlone(List<String> reference) {
        String id = objects.make(objects.acme, reference.get(0));
        String path = "/v1" + reference.get(1);
        String body = reference.get(2).replace("%s", id);
        assertThat(objects.refused(FakeRequest.post(path, body).key(objects.globex)))
                .isEqualTo(NOT_FOUND);
        RecordingSink answer = objects.post(objects.acme, path, body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(objects.pool().last().body()).isEqualTo(body);
    }

    @Test
    void aReferenceToNothingIsNamedInTheRefusal() {
        RecordingSink answer =
                objects.post(objects.acme, "/v1/responses", "{\"model\":\"m\",\"previous_response_id\":\"resp_none\"}");
        assertThat(answer.error().message()).isEqualTo("There is no response `resp_none`.");
        assertThat(answer.error().param()).isEqualTo("previous_response_id");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"metadata\":{\"conversation\":\"x\",\"file_id\":\"x\"}",
                "\"input\":[{\"type\":\"message\",\"id\":\"msg_1\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"annotations\":[{\"file_id\":\"f\"}]}]}]",
                "\"input\":[{\"type\":\"code_interpreter_call\",\"id\":\"ci_1\",\"container_id\":\"c\"}]",
                "\"input\":[{\"id\":\"msg_1\",\"role\":\"user\",\"content\":\"x\"}]",
                "\"input\":[{\"type\":\"reasoning\",\"id\":\"rs_1\",\"encrypted_content\":\"x\"}]",
                "\"input\":[{\"type\":\"item_reference\"}]",
                "\"tools\":[{\"type\":\"function\",\"parameters\":{\"properties\":{\"file_id\":{\"type\":\"string\"},\"container\":\"x\"}}}]",
                "\"text\":{\"format\":{\"schema\":{\"default\":{\"file_id\":\"x\"}}}}",
                "\"previous_response_id\":null",
                "\"tools\":[{\"container\":{\"type\":\"auto\"}}]",
                "\"input\":\"file_id\",\"instructions\":\"previous_response_id\""
            })
    void whatOnlyLooksLikeAReferenceIsNone(String members) {
        assertThat(objects.post(objects.acme, "/v1/responses", "{\"model\":\"m\"," + members + "}")
                        .status())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"input\":[{\"type\":\"item_reference\",\"id\":\"msg_1\",\"id\":\"msg_2\"}]",
                "\"tools\":[{\"vector_store_ids\":[\"a\",{\"file_id\":7}]}]",
                "\"previous_response_id\":12"
            })
    void whatCannotBeToldApartIsForbidden(String members) {
        assertThat(objects.refused(FakeRequest.post("/v1/responses", "{\"model\":\"m\"," + members + "}")
                        .key(objects.acme)))
                .isEqualTo(FORBIDDEN);
    }

    @Test
    void aBodyThatCannotBeLookedIntoIsForbidden() {
        FakeRequest text = new FakeRequest("POST", "/v1/batches")
                .key(objects.acme)
                .header("Content-Type", "text/plain")
                .body("{\"input_file_id\":\"x\"}".getBytes(StandardCharsets.UTF_8));
        assertThat(objects.refused(text)).isEqualTo(FORBIDDEN);
        assertThat(objects.refused(form("file_ids[]"))).isEqualTo(FORBIDDEN);
        assertThat(objects.send(form("purpose")).status()).isEqualTo(200);
        FakeRequest passing =
                FakeRequest.post("/p/pool/chat/completions", "{\"model\":").key(objects.acme);
        assertThat(objects.refused(passing)).isEqualTo(FORBIDDEN);
    }

    private FakeRequest form(String field) {
        String body = "--b\r\nContent-Disposition: form-data; name=\"" + field + "\"\r\n\r\nx\r\n--b--\r\n";
        return new FakeRequest("POST", "/v1/files")
                .key(objects.acme)
                .header("Content-Type", "multipart/form-data; boundary=b")
                .body(body.getBytes(StandardCharsets.UTF_8));
    }
}
