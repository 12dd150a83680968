package io.llmproxy.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CsvTest {
    @Test
    void quotesWhatWouldEndACell() {
        assertThat(Csv.row(List.of("a", "b,c", "d\"e", "f\r\ng", "")))
                .isEqualTo("a,\"b,c\",\"d\"\"e\",\"f\r\ng\",\r\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "=", "-", "+a", "--1", "-1.", "-0x1", "-Infinity"})
    void noCellIsAFormula(String cell) {
        assertThat(Csv.row(List.of(cell))).isEqualTo("'" + cell + "\r\n");
    }

    @Test
    void aFormulaThatIsQuotedBeginsWithinItsQuotes() {
        assertThat(Csv.row(List.of("=HYPERLINK(\"x\",1)"))).isEqualTo("\"'=HYPERLINK(\"\"x\"\",1)\"\r\n");
        assertThat(Csv.row(List.of("\r=1"))).isEqualTo("\"'\r=1\"\r\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "+1", "-1.5", "-1e-9", "0", "2026-01-01", "a=b", "a@b"})
    void numbersAndAllElseStayAsTheyAre(String cell) {
        assertThat(Csv.row(List.of(cell))).isEqualTo(cell + "\r\n");
    }
}
