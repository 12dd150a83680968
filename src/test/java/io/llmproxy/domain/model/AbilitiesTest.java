package io.llmproxy.domain.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.model.Abilities.Ability;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AbilitiesTest {
    @Test
    void theMostSpecificLineDecides() {
        Abilities told = new Abilities(Map.of("*", "none", "llava*", "vision", "llava-tools", "vision, tools"));

        assertThat(told.of("llava-tools")).containsExactlyInAnyOrder(Ability.VISION, Ability.TOOLS);
        assertThat(told.of("llava-13b")).containsExactly(Ability.VISION);
        assertThat(told.of("other")).isEmpty();
        assertThat(Abilities.NONE.of("gpt-4o")).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "all", "vision,", "Vision", "none,tools"})
    void otherWordsAreRefused(String words) {
        assertThatThrownBy(() -> new Abilities(Map.of("m", words)))
                .isInstanceOf(InvalidValueException.class)
                .hasMessageContaining("vision, tools, vision,tools or none");
    }

    @Test
    void anOperatorsWordComesBeforeTheList() {
        Abilities told = new Abilities(Map.of("gpt-4o", "tools", "mine", "vision"));

        assertThat(KnownModels.of(told, "gpt-4o")).containsExactly(Ability.TOOLS);
        assertThat(KnownModels.of(told, "mine")).containsExactly(Ability.VISION);
        assertThat(KnownModels.of(told, "gpt-4o-mini")).containsExactlyInAnyOrder(Ability.VISION, Ability.TOOLS);
        assertThat(KnownModels.of(told, "openai/gpt-4.1")).contains(Ability.VISION);
        assertThat(KnownModels.of(told, "unheard-of")).isEqualTo(Set.of());
        assertThat(KnownModels.of(told, "o1-mini")).isEmpty();
    }
}
