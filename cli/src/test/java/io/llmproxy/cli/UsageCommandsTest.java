package io.llmproxy.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.wire.admin.UsageJson;
import java.lang.reflect.RecordComponent;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Commands about what was used: reports, exports, the ledger, and the proof that limits hold. */
class UsageCommandsTest extends AgainstFakeServer {
    private static final String EMPTY = "{\"items\":[],\"next\":null}";

    @Test
    void reportsUsageWithATotalOverSeveralRows() {
        server.answer(
                "GET /api/v1/usage/report?tenant=acme&from=2026-11-13T12%3A00%3A00Z&to=2026-11-20&by=model", 200, """
                {"items":[{"model":"gpt-4o","requests":1200,"errors":1,"inputTokens":1234567,"outputTokens":5,"totalTokens":1234572,
                "cost":"12.500000001","unpriced":3},
                {"model":null,"requests":1,"errors":1,"inputTokens":0,"outputTokens":0,"totalTokens":0,
                "cost":"0.5","unpriced":0}],"next":null}""");

        assertThat(ctl.run("-t", "acme", "usage", "report", "--by", "model", "--from", "7d", "--to", "2026-11-20"))
                .isZero();
        assertThat(ctl.out()).isEqualTo("""
                MODEL   REQUESTS  ERRORS      INPUT  OUTPUT      TOTAL  CACHED  CACHE WRITE  REASONING           USD  UNPRICED
                gpt-4o     1,200       1  1,234,567       5  1,234,572       -            -          -  12.500000001         3
                -              1       1          0       0          0       -            -          -           0.5         0
                TOTAL      1,201       2  1,234,567       5  1,234,572       0            0          0  13.000000001         3
                """);
        ctl.run("-t", "acme", "usage", "report", "--by", "model", "--from", "7d", "--to", "2026-11-20", "-o", "csv");
        assertThat(ctl.out().lines()).hasSize(3).contains("gpt-4o,1200,1,1234567,5,1234572,,,,12.500000001,3");
    }

    @Test
    void exportsRecordsAsJsonLinesOverAllPages() {
        server.answer(
                        "GET /api/v1/usage/records?limit=1000",
                        200,
                        "{\"items\":[{\"requestId\":\"1\"}],\"next\":\"c 1\"}")
                .answer(
                        "GET /api/v1/usage/records?limit=1000&cursor=c%201",
                        200, "{\"items\":[{\"requestId\":\"2\"}],\"next\":null}");

        assertThat(ctl.run("usage", "export")).isZero();
        assertThat(ctl.out()).isEqualTo("{\"requestId\":\"1\"}\n{\"requestId\":\"2\"}\n");
    }

    @Test
    void exportsWholeRecordsAsCsv() {
        server.answer(
                "GET /api/v1/usage/records?limit=1000",
                200,
                "{\"items\":[{\"requestId\":\"1\",\"user\":\"ada@acme.example\",\"cachedInputTokens\":7}],\"next\":null}");

        assertThat(ctl.run("usage", "export", "-o", "csv")).isZero();
        assertThat(ctl.out()).startsWith("requestId,clientRequestId,upstreamRequestId,startedAt,tenant,user,key,");
        assertThat(ctl.out().lines().toList().get(1))
                .contains("ada@acme.example")
                .contains(",7,");
    }

    @Test
    void exportsEveryFieldThatARecordHas() {
        server.answer("GET /api/v1/usage/records?limit=1000", 200, EMPTY);
        ctl.run("usage", "export", "-o", "csv");

        assertThat(ctl.out().strip().split(","))
                .containsExactly(Stream.of(UsageJson.class.getRecordComponents())
                        .map(RecordComponent::getName)
                        .toArray(String[]::new));
    }

    @Test
    void tailsFromTheEndOn() {
        String path = "GET /api/v1/usage/records?tenant=acme&limit=500&tail=true&cursor=";
        server.answer(path + "end", 200, "{\"items\":[],\"next\":\"7\"}")
                .answer(path + "7", 200, "{\"items\":[],\"next\":\"7\"}")
                .answer(path + "7", 200, "{\"items\":[{\"requestId\":\"r8\"}],\"next\":\"8\"}")
                .answer(path + "8", 200, "{\"items\":[{\"requestId\":\"r9\"}],\"next\":\"9\"}");
        AtomicInteger pauses = new AtomicInteger();

        assertThat(ctl.pause(() -> pauses.incrementAndGet() < 3).run("-t", "acme", "usage", "tail", "-o", "name"))
                .isZero();
        assertThat(ctl.out()).isEqualTo("r8\nr9\n");
        assertThat(server.lines()).startsWith(path + "end", path + "7", path + "7", path + "8");
    }

    @Test
    void saysWhatALedgerLacksAndExitsWithOne() {
        server.answer("GET /api/v1/ledger/check", 200, """
                {"sound":false,"checks":[{"check":"blocks","count":7,"faults":1}],"faults":[{"check":"blocks","block":901,
                "tenant":"acme","time":"2026-11-20T10:00:00Z","detail":"its bytes do not have their digest"}]}""");

        assertThat(ctl.run("ledger", "check")).isEqualTo(1);
        assertThat(ctl.out()).isEqualTo("""
                CHECK   LOOKED AT  FAULTS
                blocks          7       1
                """);
        assertThat(ctl.err())
                .contains("the first fault: blocks, block 901, tenant acme, time 2026-11-20T10:00:00Z:"
                        + " its bytes do not have their digest");
        assertThat(ctl.run("ledger", "check", "-q")).isEqualTo(1);
        assertThat(ctl.out()).isEqualTo("faults\n");
    }

    @Test
    void saysThatALedgerIsSound() {
        server.answer("GET /api/v1/ledger/check", 200, """
                {"sound":true,"checks":[{"check":"blocks","count":7,"faults":0}],"faults":[]}""");
        assertThat(ctl.run("ledger", "check", "-o", "json")).isZero();
        assertThat(ctl.out()).contains("\"sound\"");
        assertThat(ctl.err()).isEmpty();
    }

    private static String proof(boolean holds, int refused) {
        return """
                {"holds":%s,"store":"memory","processes":1,"answered":370,"refused":600,"failed":30,"milliseconds":412,
                "limits":[{"scope":"tenant","metric":"tokens","period":"day","algorithm":"token-bucket","limit":"20000","peak":"20000",
                "granted":"19000","used":"19000","overrun":"0","refill":"1","refused":%d,"holds":%s}]}""".formatted(holds, refused, holds || refused == 0);
    }

    @Test
    void provesThatLimitsHoldAndSaysWhatWasGranted() {
        server.answer("POST /api/v1/prove/limits", 200, proof(true, 600));

        assertThat(ctl.run("prove", "limits", "--requests", "1000", "--parallel", "50"))
                .isZero();
        assertThat(server.last().body()).isEqualTo("{\"requests\":1000,\"parallel\":50}");
        assertThat(ctl.out()).isEqualTo("""
                SCOPE   METRIC  PER  LIMIT   PEAK  GRANTED   USED  OVERRUN  REFUSED  HOLDS  ALGORITHM     REFILL
                tenant  tokens  day  20000  20000    19000  19000        0      600  true   token-bucket       1
                """);
        assertThat(ctl.err())
                .contains(
                        "370 requests answered, 600 refused by limits, 30 failed on purpose, in 412 ms",
                        "counted in memory, shared by 1",
                        ": HOLDS");
        assertThat(ctl.run("prove", "limits", "--algorithm", "token-bucket")).isZero();
        assertThat(server.last().body()).isEqualTo("{\"algorithm\":\"token-bucket\"}");
        assertThat(ctl.run("prove", "limits", "-q")).isZero();
        assertThat(ctl.out()).isEqualTo("holds\n");
        assertThat(ctl.run("prove", "limits", "-o", "json")).isZero();
        assertThat(ctl.out()).contains("\"peak\"").doesNotContain("answered,");
    }

    @Test
    void aLimitThatDoesNotHoldIsExitCodeOne() {
        server.answer("POST /api/v1/prove/limits", 200, proof(false, 600));

        assertThat(ctl.run("prove", "limits")).isEqualTo(1);
        assertThat(ctl.err()).contains("BROKEN", "limits do not hold");
        assertThat(ctl.run("prove", "limits", "-q")).isEqualTo(1);
        assertThat(ctl.out()).isEqualTo("broken\n");
    }

    @Test
    void aLimitThatRefusedNobodyIsNotProven() {
        server.answer("POST /api/v1/prove/limits", 200, proof(false, 0));

        assertThat(ctl.run("prove", "limits")).isEqualTo(1);
        assertThat(ctl.err())
                .contains("UNPROVEN", "nothing was proven")
                .doesNotContain("BROKEN", "do not hold", "HOLDS");
        assertThat(ctl.run("prove", "limits", "-q")).isEqualTo(1);
        assertThat(ctl.out()).isEqualTo("unproven\n");
    }

    @Test
    void aProofOfNoNumberIsWrongUsage() {
        assertThat(ctl.run("prove", "limits", "--requests", "many")).isEqualTo(2);
        assertThat(server.seen()).isEmpty();
    }
}
