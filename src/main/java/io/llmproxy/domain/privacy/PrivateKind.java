package io.llmproxy.domain.privacy;

import io.llmproxy.domain.error.InvalidValueException;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** A kind of private text that the gateway knows by itself; docs/privacy.md says what each takes. */
public enum PrivateKind {
    EMAIL(false),
    PHONE(false),
    CARD(false),
    IBAN(false),
    IP(false),
    /** Keys, tokens and passwords. */
    KEY(false),
    JWT(false),
    PRIVATE_KEY(false),
    BE_NRN(true),
    BR_CPF(true),
    CA_SIN(true),
    CH_AHV(true),
    DE_TAX_ID(true),
    ES_DNI(true),
    FR_NIR(true),
    GB_NINO(true),
    IN_AADHAAR(true),
    IT_CF(true),
    NL_BSN(true),
    PL_PESEL(true),
    SE_PNR(true),
    US_SSN(true);

    /** What is looked for where nothing else is said: all but the numbers of particular countries. */
    public static final Set<PrivateKind> DEFAULTS = Collections.unmodifiableSet(Arrays.stream(values())
            .filter(k -> !k.national)
            .collect(Collectors.toCollection(() -> EnumSet.noneOf(PrivateKind.class))));

    private final boolean national;
    private final String word;

    PrivateKind(boolean national) {
        this.national = national;
        this.word = name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** As operators write it. */
    public String word() {
        return word;
    }

    /** As it stands in a text instead of what was found. */
    public String label() {
        return name();
    }

    /** Whether it is the number by which one country knows its people. */
    public boolean national() {
        return national;
    }

    /** @throws InvalidValueException naming {@code field} where there is no such kind */
    public static PrivateKind of(String field, String word) {
        for (PrivateKind kind : values()) {
            if (kind.word.equals(word)) {
                return kind;
            }
        }
        throw new InvalidValueException(
                field,
                "is no kind: " + InvalidValueException.quoted(word) + "; there are "
                        + Arrays.stream(values()).map(PrivateKind::word).collect(Collectors.joining(", ")));
    }
}
