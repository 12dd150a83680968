package io.llmproxy.gateway;

import static io.llmproxy.gateway.ObjectsFixture.FORBIDDEN;
import static io.llmproxy.gateway.ObjectsFixture.NOT_FOUND;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.gateway.ScriptedProvider.Script;
import io.llmproxy.port.UpstreamException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a shared provider stores for one tenant does not exist for another. */
class SharedObjectsTest {
    @TempDir
    Path directory;

    private ObjectsFixture objects = new ObjectsFixture(Path.of("unset"));

    @BeforeEach
    void setUp() {
        objects = new ObjectsFixture(directory);
    }

    static Stream<String> families() {
        return FakeAccount.FAMILIES.stream();
    }

    private FakeRequest by(String key, String method, String path) {
        return new FakeRequest(method, path).key(key);
    }

    @ParameterizedTest
    @MethodSource("families")
    void anObjectIsItsMakersAlone(String family) {
        String id = objects.make(objects.acme, family);
        String path = "/v1" + family + "/" + id;
        assertThat(objects.get(objects.acme, path).status()).isEqualTo(200);
        assertThat(objects.get(objects.acme, path + "/").status()).isEqualTo(200);
        for (String method : List.of("GET", "HEAD", "DELETE", "POST")) {
            assertThat(objects.refused(by(objects.globex, method, path))).isEqualTo(NOT_FOUND);
        }
        assertThat(objects.refused(by(objects.acme, "GET", path + "x"))).isEqualTo(NOT_FOUND);
        assertThat(objects.delete(objects.acme, path).status()).isEqualTo(200);
        assertThat(objects.refused(by(objects.acme, "GET", path))).isEqualTo(NOT_FOUND);
    }

    @ParameterizedTest
    @MethodSource("families")
    void aListHasTheTenantsOwnAlone(String family) {
        String mine = objects.make(objects.acme, family);
        objects.account.add(family);
        assertThat(objects.get(objects.globex, "/v1" + family).text())
                .isEqualTo("{\"object\":\"list\",\"data\":[],\"has_more\":false}");
        String theirs = objects.make(objects.globex, family);
        assertThat(objects.get(objects.acme, "/v1" + family).text())
                .isEqualTo("{\"object\":\"list\",\"data\":[" + FakeAccount.described(mine) + "],\"first_id\":\"" + mine
                        + "\",\"last_id\":\"" + mine + "\",\"has_more\":false}");
        assertThat(objects.get(objects.globex, "/v1" + family).text())
                .contains(theirs)
                .doesNotContain(mine);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "files/%s/content",
                "uploads/%s/parts",
                "batches/%s/cancel",
                "responses/%s/cancel",
                "responses/%s/input_items",
                "fine_tuning/jobs/%s/events",
                "fine_tuning/jobs/%s/checkpoints",
                "fine_tuning/jobs/%s/pause",
                "conversations/%s/items",
                "conversations/%s/items/i_1",
                "vector_stores/%s/search",
                "vector_stores/%s/files",
                "vector_stores/%s/files/file-1",
                "vector_stores/%s/file_batches/b_1/cancel",
                "containers/%s/files/f_1/content",
                "videos/%s/content",
                "videos/%s/remix",
                "chat/completions/%s/messages"
            })
    void whatLiesBelowAnObjectGoesWithIt(String pattern) {
        String family = FakeAccount.FAMILIES.stream()
                .filter(f -> ("/" + pattern).startsWith(f + "/"))
                .findFirst()
                .orElseThrow();
        String path = "/v1/" + pattern.formatted(objects.make(objects.acme, family));
        assertThat(objects.refused(by(objects.globex, "GET", path))).isEqualTo(NOT_FOUND);
        assertThat(objects.refused(by(objects.globex, "POST", path))).isEqualTo(NOT_FOUND);
        assertThat(objects.get(objects.acme, path).status()).isEqualTo(200);
        assertThat(objects.send(by(objects.acme, "DELETE", path)).status()).isEqualTo(200);
        assertThat(objects.get(objects.acme, path).status()).isEqualTo(200);
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

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /v1/assistants",
                "POST /v1/assistants",
                "POST /v1/threads",
                "DELETE /v1/threads/thread_1",
                "GET /v1/evals",
                "POST /v1/evals",
                "POST /v1/realtime/sessions",
                "GET /v1/organization/usage",
                "DELETE /v1/models/gpt-4o",
                "PUT /v1/files",
                "DELETE /v1/files",
                "GET /v1/FILES",
                "GET /v1/embeddings",
                "POST /v1/files/file-1/unknown",
                "GET /p/pool/files",
                "POST /p/pool/files",
                "GET /p/pool/v1/files/file-1",
                "DELETE /p/pool/v1/files/file-1/",
                "POST /p/pool/responses",
                "DELETE /p/pool/models/gpt-4o",
                "GET /p/pool/anything",
                "GET /p/pool/models",
                "POST /p/pool/p/pool/files",
                "GET /p/pool"
            })
    void whatNobodyCanOwnIsForbidden(String line) {
        String[] parts = line.split(" ", 2);
        assertThat(objects.refused(by(objects.acme, parts[0], parts[1]))).isEqualTo(FORBIDDEN);
    }

    @Test
    void whatKeepsNothingIsServed() {
        Map<String, String> bodies = Map.of(
                "/v1/chat/completions", "{\"model\":\"m\",\"messages\":[],\"store\":false}",
                "/v1/embeddings", "{\"model\":\"m\",\"input\":\"x\"}",
                "/v1/responses", "{\"model\":\"m\",\"store\":false}",
                "/v1/rerank", "{\"model\":\"m\"}",
                "/v1/messages", "{\"model\":\"m\"}",
                "/v1/moderations", "{\"input\":\"x\"}",
                "/p/pool/chat/completions", "{\"model\":\"m\"}",
                "/p/pool/v1/responses", "{\"model\":\"m\",\"store\":false}");
        bodies.forEach((path, body) -> assertThat(
                        objects.post(objects.acme, path, body).status())
                .as(path)
                .isEqualTo(200));
        assertThat(objects.get(objects.acme, "/v1/models/m").status()).isEqualTo(200);
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

    @Test
    void nothingIsMadeWhileItCannotBeKept() {
        objects.fixture.stores.goAway();
        FakeRequest creation =
                FakeRequest.post("/v1/responses", "{\"model\":\"m\"}").key(objects.acme);
        assertThat(objects.refused(creation)).isEqualTo("503 overloaded_error/overloaded");
        assertThat(objects.refused(by(objects.acme, "GET", "/v1/files/file-1")))
                .isEqualTo("503 overloaded_error/overloaded");
        assertThat(objects.refused(by(objects.acme, "GET", "/v1/files"))).isEqualTo("503 overloaded_error/overloaded");
        assertThat(objects.post(objects.acme, "/v1/chat/completions", "{\"model\":\"m\"}")
                        .status())
                .isEqualTo(200);
        objects.fixture.stores.comeBack();
        assertThat(objects.make(objects.acme, "/responses")).isNotEmpty();
    }

    @Test
    void whatCouldNotBeKeptIsNotShown() {
        objects.make(objects.acme, "/files");
        objects.pool().answers(request -> {
            objects.fixture.stores.goAway();
            return Script.json("{\"id\":\"resp_lost\"}");
        });
        RecordingSink answer = objects.post(objects.acme, "/v1/responses", "{\"model\":\"m\"}");
        assertThat(answer.refusal()).isEqualTo("503 overloaded_error/overloaded");
        assertThat(answer.text()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "not JSON",
                "{\"id\":null}",
                "{\"object\":\"response\"}",
                "[]",
                "{\"error\":{\"id\":\"x\"}}",
                "\"",
                "{\"id\""
            })
    void anAnswerWithoutAnIdGoesOn(String body) {
        objects.pool().answers(request -> Script.json(body));
        RecordingSink answer = objects.post(objects.acme, "/v1/responses", "{\"model\":\"m\"}");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).isEqualTo(body);
        assertThat(objects.refused(by(objects.acme, "GET", "/v1/responses/x"))).isEqualTo(NOT_FOUND);
    }

    @Test
    void anAnswerWithAnIdOfAnotherTenantIsNotShown() {
        String theirs = objects.make(objects.globex, "/responses");
        objects.pool().answers(request -> Script.json(FakeAccount.described(theirs)));
        RecordingSink answer = objects.post(objects.acme, "/v1/responses", "{\"model\":\"m\"}");
        assertThat(answer.status()).isEqualTo(502);
        assertThat(answer.text()).isEmpty();
        assertThat(objects.refused(by(objects.acme, "GET", "/v1/responses/" + theirs)))
                .isEqualTo(NOT_FOUND);
        assertThat(objects.get(objects.globex, "/v1/responses/" + theirs).status())
                .isEqualTo(200);
        objects.pool().answers(request -> Script.json("{\"id\":\"" + "x".repeat(9000) + "\"}"));
        assertThat(objects.post(objects.acme, "/v1/responses", "{\"model\":\"m\"}")
                        .status())
                .isEqualTo(502);
    }

    @Test
    void aStreamsResponseIsKeptBeforeItsFirstEventGoesOut() {
        String created =
                "data: {\"type\":\"response.created\",\"response\":{\"id\":\"%s\",\"metadata\":{\"id\":\"no\"}}}\n\n";
        objects.pool()
                .answers(request -> Script.events(
                                ": hello\n", "\n", created.formatted("resp_1").substring(0, 30))
                        .piece(created.formatted("resp_1").substring(30))
                        .piece("data: {\"type\":\"response.completed\"}\n\n"));
        RecordingSink answer = objects.post(objects.acme, "/v1/responses", "{\"model\":\"m\",\"stream\":true}");
        assertThat(answer.text())
                .isEqualTo(": hello\n\n" + created.formatted("resp_1") + "data: {\"type\":\"response.completed\"}\n\n");
        assertThat(objects.get(objects.acme, "/v1/responses/resp_1").status()).isEqualTo(200);
        objects.pool().answers(request -> Script.events(created.formatted("resp_1")));
        RecordingSink refused = objects.post(objects.globex, "/v1/responses", "{\"model\":\"m\",\"stream\":true}");
        assertThat(refused.error().status()).isEqualTo(502);
        assertThat(refused.text()).isEmpty();
    }

    @Test
    void theHeadOfAStreamDoesNotWaitForItsFirstEvent() {
        objects.pool()
                .answers(request -> Script.events(": one moment\n\n").failsAtEnd(UpstreamException.Kind.IDLE_TIMEOUT));
        RecordingSink answer = objects.post(objects.acme, "/v1/responses", "{\"model\":\"m\",\"stream\":true}");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).isEqualTo(": one moment\n\n");
        assertThat(answer.error().status()).isEqualTo(504);
    }

    @Test
    void aStoredChatIsKeptByTheIdOfItsChunks() {
        objects.pool()
                .answers(request ->
                        Script.events("data: {\"id\":\"chatcmpl-1\",\"choices\":[]}\n\n", "data: [DONE]\n\n"));
        objects.post(objects.acme, "/v1/chat/completions", "{\"model\":\"m\",\"store\":true,\"stream\":true}");
        assertThat(objects.get(objects.acme, "/v1/chat/completions/chatcmpl-1").status())
                .isEqualTo(200);
        assertThat(objects.refused(by(objects.globex, "GET", "/v1/chat/completions/chatcmpl-1")))
                .isEqualTo(NOT_FOUND);
    }

    @Test
    void aHugeAnswerGoesOnAndItsLateIdIsKept() {
        String body = "{\"output\":[{\"id\":\"inner\",\"text\":\"" + "x".repeat(300_000) + "\"}],\"id\":\"resp_late\"}";
        objects.pool().answers(request -> Script.json(body));
        assertThat(objects.post(objects.acme, "/v1/responses", "{\"model\":\"m\"}")
                        .text())
                .isEqualTo(body);
        assertThat(objects.get(objects.acme, "/v1/responses/resp_late").status())
                .isEqualTo(200);
        assertThat(objects.refused(by(objects.acme, "GET", "/v1/responses/inner")))
                .isEqualTo(NOT_FOUND);
    }

    @Test
    void aCompressedAnswerIsReadAllTheSame() {
        objects.pool()
                .answers(request -> new Script()
                        .header("Content-Type", "application/json")
                        .header("Content-Encoding", "gzip")
                        .piece(gzip("{\"id\":\"resp_zip\"}")));
        FakeRequest request = FakeRequest.post("/v1/responses", "{\"model\":\"m\"}")
                .key(objects.acme)
                .header("Accept-Encoding", "gzip");
        assertThat(objects.send(request).text()).isEqualTo("{\"id\":\"resp_zip\"}");
        assertThat(objects.pool().last().headers().first("accept-encoding")).contains("identity");
        assertThat(objects.get(objects.acme, "/v1/responses/resp_zip").status()).isEqualTo(200);
    }

    private static byte[] gzip(String text) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    @Test
    void anAnswerThatBreaksOffBeforeItsIdIsAnError() {
        objects.pool().answers(request -> Script.json("{\"obj").failsAtEnd(UpstreamException.Kind.TRUNCATED));
        RecordingSink answer = objects.post(objects.acme, "/v1/responses", "{\"model\":\"m\"}");
        assertThat(answer.status()).isEqualTo(502);
        assertThat(answer.text()).isEmpty();
    }

    @Test
    void anErrorOfTheProviderMakesNothing() {
        objects.pool()
                .answers(request -> Script.json(FakeAccount.described("file-9")).status(400));
        assertThat(objects.post(objects.acme, "/v1/batches", "{}").text()).isEqualTo(FakeAccount.described("file-9"));
        assertThat(objects.refused(by(objects.acme, "GET", "/v1/batches/file-9")))
                .isEqualTo(NOT_FOUND);
    }

    @Test
    void oddIdsAreOneWhateverTheirSpelling() {
        objects.pool().answers(request -> Script.json("{\"id\":\"b\\u00fc+ ä;\\\"\"}"));
        objects.post(objects.acme, "/v1/batches", "{}");
        String path = "/v1/batches/b%C3%BC+%20%c3%a4;%22";
        assertThat(objects.get(objects.acme, path).status()).isEqualTo(200);
        assertThat(objects.pool().last().path()).isEqualTo(path.substring(3));
        assertThat(objects.refused(by(objects.globex, "GET", path))).isEqualTo(NOT_FOUND);
        for (String other : List.of("b", "b%ff", "%00", "a;b", "x".repeat(600))) {
            assertThat(objects.refused(by(objects.acme, "GET", "/v1/batches/" + other)))
                    .isEqualTo(NOT_FOUND);
        }
    }

    @Test
    void theFilesThatComeOfABatchAreItsOwners() {
        String batch = objects.make(objects.acme, "/batches");
        objects.account.add("/files");
        objects.pool()
                .answers(request -> request.path().startsWith("/batches")
                        ? Script.json("{\"id\":\"" + batch
                                + "\",\"output_file_id\":\"file-out\",\"error_file_id\":\"file-err\","
                                + "\"metadata\":{\"output_file_id\":\"file-foreign\"}}")
                        : Script.json("{}"));
        assertThat(objects.refused(by(objects.acme, "GET", "/v1/files/file-out")))
                .isEqualTo(NOT_FOUND);
        assertThat(objects.get(objects.acme, "/v1/batches/" + batch).text()).contains("file-out");
        assertThat(objects.get(objects.acme, "/v1/files/file-out/content").status())
                .isEqualTo(200);
        assertThat(objects.get(objects.acme, "/v1/files/file-err").status()).isEqualTo(200);
        assertThat(objects.refused(by(objects.acme, "GET", "/v1/files/file-foreign")))
                .isEqualTo(NOT_FOUND);
        assertThat(objects.refused(by(objects.globex, "GET", "/v1/files/file-out")))
                .isEqualTo(NOT_FOUND);
    }

    @Test
    void aFinishedUploadGivesItsOwnerTheFile() {
        String upload = objects.make(objects.acme, "/uploads");
        objects.pool().answers(request -> Script.json("{\"id\":\"" + upload + "\",\"file\":{\"id\":\"file-up\"}}"));
        objects.post(objects.acme, "/v1/uploads/" + upload + "/complete", "{\"part_ids\":[\"part_1\"]}");
        assertThat(objects.get(objects.acme, "/v1/files/file-up").status()).isEqualTo(200);
        assertThat(objects.refused(by(objects.globex, "GET", "/v1/files/file-up")))
                .isEqualTo(NOT_FOUND);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"type\":\"item_reference\",\"id\":\"msg_1\"}",
                "{\"id\":\"rs_1\"}",
                "{\"id\":{},\"type\":\"item_reference\",\"id\":\"rs_1\"}",
                "{\"id\":\"msg_1\",\"type\":null}",
                "{\"type\":\"reasoning\",\"id\":\"rs_1\",\"summary\":[{\"text\":\"why\"}]}"
            })
    void theItemsOfAResponseAreItsOwners(String item) {
        objects.pool()
                .answers(request ->
                        Script.json("{\"id\":\"resp_1\",\"output\":[{\"id\":\"rs_1\",\"summary\":[{\"id\":\"no\"}]},"
                                + "{\"content\":[{\"id\":\"no\"}],\"id\":\"msg_1\"}],\"metadata\":{\"id\":\"no\"}}"));
        String body = "{\"model\":\"m\",\"input\":[" + item + "]}";
        assertThat(objects.refused(FakeRequest.post("/v1/responses", body).key(objects.acme)))
                .isEqualTo(NOT_FOUND);
        objects.post(objects.acme, "/v1/responses", "{\"model\":\"m\"}");
        assertThat(objects.post(objects.acme, "/v1/responses", body).status()).isEqualTo(200);
        assertThat(objects.refused(FakeRequest.post("/v1/responses", body).key(objects.globex)))
                .isEqualTo(NOT_FOUND);
        assertThat(objects.refused(FakeRequest.post(
                                "/v1/responses", body.replace("msg_1", "no").replace("rs_1", "no"))
                        .key(objects.acme)))
                .isEqualTo(NOT_FOUND);
    }

    @Test
    void theItemsOfAStreamAreKeptAsTheyCome() {
        String added =
                "data: {\"type\":\"response.output_item.added\",\"item\":{\"container_id\":\"cntr_1\",\"id\":\"msg_1\"}}\n\n";
        objects.pool()
                .answers(request -> Script.events(
                                "data: {\"type\":\"response.created\",\"response\":{\"id\":\"resp_1\"}}\n\n")
                        .piece(added)
                        .piece(added.replace("added", "done"))
                        .failsAtEnd(UpstreamException.Kind.TRUNCATED));
        objects.post(objects.acme, "/v1/responses", "{\"model\":\"m\",\"stream\":true}");
        objects.pool().answers(request -> Script.json("{}"));
        assertThat(objects.get(objects.acme, "/v1/containers/cntr_1/files/f_1/content")
                        .status())
                .isEqualTo(200);
        assertThat(objects.refused(by(objects.globex, "GET", "/v1/containers/cntr_1/files")))
                .isEqualTo(NOT_FOUND);
        String body = "{\"model\":\"m\",\"input\":[{\"type\":\"item_reference\",\"id\":\"msg_1\"}]}";
        assertThat(objects.post(objects.acme, "/v1/responses", body).status()).isEqualTo(200);
        assertThat(objects.refused(FakeRequest.post("/v1/responses", body).key(objects.globex)))
                .isEqualTo(NOT_FOUND);
    }

    @Test
    void aFineTunedModelIsItsMakersAlone() {
        String job = objects.make(objects.acme, "/fine_tuning/jobs");
        objects.pool().answers(request -> switch (request.path()) {
            case "/models" ->
                Script.json("{\"data\":[{\"id\":\"gpt-4o\"},{\"id\":\"ft:gpt:acme\"},{\"id\":\"ft:gpt:x\"}]}");
            default ->
                request.path().startsWith("/fine_tuning")
                        ? Script.json("{\"id\":\"" + job + "\",\"fine_tuned_model\":\"ft:gpt:acme\"}")
                        : Script.json("{}");
        });
        FakeRequest early = FakeRequest.post("/v1/chat/completions", "{\"model\":\"ft:gpt:acme\"}");
        assertThat(objects.refused(early.key(objects.acme))).isEqualTo("404 not_found_error/model_not_found");
        objects.get(objects.acme, "/v1/fine_tuning/jobs/" + job);
        String chat = "{\"model\":\"ft:gpt:acme\"}";
        assertThat(objects.post(objects.acme, "/v1/chat/completions", chat).status())
                .isEqualTo(200);
        for (String path : List.of("/v1/chat/completions", "/p/pool/chat/completions")) {
            assertThat(objects.refused(FakeRequest.post(path, chat).key(objects.globex)))
                    .startsWith(path.startsWith("/p") ? "403" : "404 not_found_error/model_not_found");
        }
        assertThat(objects.refused(by(objects.globex, "GET", "/v1/models/ft:gpt:acme")))
                .isEqualTo("404 not_found_error/model_not_found");
        assertThat(objects.get(objects.acme, "/v1/models").text())
                .contains("gpt-4o", "ft:gpt:acme")
                .doesNotContain("ft:gpt:x");
        assertThat(objects.get(objects.globex, "/v1/models").text())
                .contains("gpt-4o")
                .doesNotContain("ft:");
    }

    @Test
    void ofManyMadeAtOnceEachIsItsMakers() throws InterruptedException {
        Map<String, String> owners = new ConcurrentHashMap<>();
        List<Thread> threads = IntStream.range(0, 60)
                .mapToObj(i -> i % 2 == 0 ? objects.acme : objects.globex)
                .map(key -> Thread.ofVirtual().start(() -> {
                    RecordingSink sink = new RecordingSink();
                    objects.fixture.gateway.serve(
                            FakeRequest.post("/v1/responses", "{\"model\":\"m\"}")
                                    .key(key),
                            sink);
                    owners.put(ObjectsFixture.id(sink), key);
                }))
                .toList();
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(owners).hasSize(60);
        owners.forEach((id, owner) -> {
            String other = owner.equals(objects.acme) ? objects.globex : objects.acme;
            assertThat(objects.get(owner, "/v1/responses/" + id).status()).isEqualTo(200);
            assertThat(objects.refused(by(other, "GET", "/v1/responses/" + id))).isEqualTo(NOT_FOUND);
        });
    }

    @Test
    void aKeyOfCertainModelsCannotRemixWithoutNamingOne() {
        String video = objects.make(objects.acme, "/videos");
        objects.fixture.scope(GatewayFixture.scope(List.of("gpt-4*"), java.util.Set.of(), false));
        assertThat(objects.refused(FakeRequest.post("/v1/videos/" + video + "/remix", "{\"prompt\":\"x\"}")
                        .key(objects.acme)))
                .isEqualTo("403 permission_error/model_not_allowed");
    }
}
