package io.llmproxy.gateway;

import static io.llmproxy.gateway.ObjectsFixture.NOT_FOUND;
import static io.llmproxy.gateway.ObjectsFixture.by;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.gateway.ScriptedProvider.Script;
import io.llmproxy.port.UpstreamException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whose an object of a shared provider is gets kept before its maker reads of it. */
class KeptObjectsTest {
    @TempDir
    Path directory;

    private ObjectsFixture objects = new ObjectsFixture(Path.of("unset"));

    @BeforeEach
    void setUp() {
        objects = new ObjectsFixture(directory);
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
}
