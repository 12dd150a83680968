package io.llmproxy.gateway;

import static io.llmproxy.gateway.ObjectsFixture.NOT_FOUND;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.gateway.ScriptedProvider.Script;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lists of a shared provider, as far as they are one tenant's. */
class OwnedListTest {
    private static final Pattern ITEM = Pattern.compile("\\{\"id\":\"([^\"]+)\",\"object\":\"thing\"");

    @TempDir
    Path directory;

    private ObjectsFixture objects = new ObjectsFixture(Path.of("unset"));

    @BeforeEach
    void setUp() {
        objects = new ObjectsFixture(directory);
    }

    private RecordingSink list(String query) {
        return objects.send(FakeRequest.get("/v1/batches").query(query).key(objects.acme));
    }

    private static List<String> ids(RecordingSink answer) {
        return ITEM.matcher(answer.text())
                .results()
                .map((MatchResult m) -> m.group(1))
                .toList();
    }

    /** Own objects with many foreign ones before, between and behind them; the own ones, newest first. */
    private List<String> scattered(int own, int foreignBetween) {
        List<String> mine = new ArrayList<>();
        for (int i = 0; i < own; i++) {
            foreign(foreignBetween);
            mine.addFirst(objects.make(objects.acme, "/batches"));
        }
        foreign(foreignBetween);
        return mine;
    }

    private void foreign(int count) {
        for (int i = 0; i < count; i++) {
            objects.account.add("/batches");
        }
    }

    @Test
    void aPageIsFilledFromAsManyPagesAsItTakes() {
        List<String> mine = scattered(5, 130);
        List<String> seen = new ArrayList<>();
        String query = "limit=2";
        RecordingSink page;
        do {
            page = list(query);
            assertThat(page.status()).isEqualTo(200);
            List<String> ids = ids(page);
            assertThat(ids).isNotEmpty();
            assertThat(page.text()).contains("\"first_id\":\"" + ids.getFirst() + "\",\"last_id\":\"" + ids.getLast());
            assertThat(page.text()).doesNotContain("total");
            seen.addAll(ids);
            query = "limit=2&after=" + ids.getLast();
        } while (page.text().contains("\"has_more\":true"));
        assertThat(seen).isEqualTo(mine);
    }

    @Test
    void aListEndsWhereTheLastOwnObjectIs() {
        List<String> mine = scattered(3, 50);
        foreign(500);
        RecordingSink all = list("limit=100");
        assertThat(ids(all)).isEqualTo(mine);
        assertThat(all.text()).endsWith("\"has_more\":false}");
        int calls = objects.pool().asked().size();
        RecordingSink exact = list("limit=3");
        assertThat(exact.text()).endsWith("\"has_more\":false}");
        assertThat(objects.pool().asked().size() - calls).isEqualTo(7);
    }

    @Test
    void theOtherParametersGoOnAndTheLimitIsTheGateways() {
        objects.make(objects.acme, "/batches");
        list("order=asc&limit=7&x=%C3%BC");
        assertThat(objects.pool().last().request().query()).isEqualTo("order=asc&x=%C3%BC&limit=100");
        list("limit=0&x=1");
        assertThat(objects.pool().last().request().query()).isEqualTo("x=1&limit=0");
    }

    @Test
    void aCursorMustBeTheTenantsOwn() {
        String theirs = objects.make(objects.globex, "/batches");
        String mine = objects.make(objects.acme, "/batches");
        int calls = objects.pool().asked().size();
        assertThat(list("after=" + theirs).refusal()).isEqualTo(NOT_FOUND);
        assertThat(list("before=" + theirs).refusal()).isEqualTo(NOT_FOUND);
        assertThat(objects.pool().asked()).hasSize(calls);
        assertThat(list("after=" + mine).status()).isEqualTo(200);
    }

    @Test
    void aListOfNothingAsksNobody() {
        assertThat(list("limit=5").text()).isEqualTo("{\"object\":\"list\",\"data\":[],\"has_more\":false}");
        assertThat(objects.pool().asked()).isEmpty();
        FakeRequest head = new FakeRequest("HEAD", "/v1/batches").key(objects.acme);
        assertThat(objects.refused(head)).isEqualTo("405 invalid_request_error/method_not_allowed");
    }

    @Test
    void anErrorOfTheProviderGoesOnAsItIs() {
        objects.make(objects.acme, "/batches");
        objects.pool().answers(request -> Script.json("{\"error\":\"quota\"}").status(429));
        assertThat(list("").status()).isEqualTo(429);
        assertThat(list("").text()).isEqualTo("{\"error\":\"quota\"}");
    }

    @Test
    void whatIsNoListIsTheProvidersFault() {
        objects.make(objects.acme, "/batches");
        for (String garbage : List.of("", "[]", "{}", "{\"data\":{}}", "{\"data\":[", "<html>", "{\"data\":[]}x")) {
            objects.pool().answers(request -> Script.json(garbage));
            assertThat(list("").status()).as(garbage).isEqualTo(502);
        }
        objects.pool().answers(request -> Script.json("{\"data\":[1,null,[\"a\"],{\"id\":7},{}]}"));
        assertThat(list("").text()).isEqualTo("{\"object\":\"list\",\"data\":[],\"has_more\":false}");
    }

    @Test
    void aPageLargerThanAnyIsRefused() {
        objects.make(objects.acme, "/batches");
        byte[] piece = " ".repeat(1 << 20).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        objects.pool().answers(request -> {
            Script huge = new Script().header("Content-Type", "application/json");
            for (int i = 0; i < 9; i++) {
                huge.piece(piece);
            }
            return huge;
        });
        assertThat(list("").status()).isEqualTo(502);
    }

    @Test
    void aListWithoutEndIsGivenUp() {
        objects.make(objects.acme, "/batches");
        AtomicInteger n = new AtomicInteger();
        objects.pool()
                .answers(request -> Script.json("{\"data\":[" + FakeAccount.described("foreign-" + n.incrementAndGet())
                        + "],\"has_more\":true}"));
        RecordingSink answer = list("");
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.error().message()).doesNotContain("foreign-");
        assertThat(n.get()).isEqualTo(100);
    }

    @Test
    void aProviderThatRepeatsItsPageIsNotFollowed() {
        String mine = objects.make(objects.acme, "/batches");
        objects.make(objects.acme, "/batches");
        objects.pool()
                .answers(request -> Script.json("{\"data\":[" + FakeAccount.described(mine) + "],\"has_more\":true}"));
        assertThat(ids(list(""))).containsExactly(mine, mine);
    }
}
