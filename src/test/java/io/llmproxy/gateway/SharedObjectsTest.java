package io.llmproxy.gateway;

import static io.llmproxy.gateway.ObjectsFixture.FORBIDDEN;
import static io.llmproxy.gateway.ObjectsFixture.NOT_FOUND;
import static io.llmproxy.gateway.ObjectsFixture.by;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.gateway.ScriptedProvider.Script;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
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
