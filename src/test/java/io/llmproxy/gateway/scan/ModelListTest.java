package io.llmproxy.gateway.scan;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The lists of models that providers give, each in its own form. */
class ModelListTest {
    @Test
    void readsTheListsOfModelsThatProvidersGive() {
        for (String list : List.of(
                "{\"object\":\"list\",\"data\":[{\"id\":\"m-1\",\"created\":5,\"owned_by\":\"o\"}]}",
                "{\"data\":[{\"type\":\"model\",\"id\":\"m-1\",\"display_name\":\"M\"}],\"has_more\":false}",
                "{\"models\":[{\"name\":\"models/m-1\",\"displayName\":\"M\"}]}",
                "{\"models\":[{\"name\":\"m-1\",\"endpoints\":[\"chat\"],\"default_endpoints\":[]}],\"next_page_token\":\"\"}",
                "{\"models\":[{\"name\":\"m-1\",\"model\":\"m-1\",\"details\":{\"family\":\"x\"}}]}",
                "{\"modelSummaries\":[{\"modelArn\":\"arn:x\",\"modelId\":\"m-1\",\"modelName\":\"M\"}]}",
                "[{\"id\":\"m-1\",\"object\":\"model\",\"created\":5}]")) {
            assertThat(ModelList.read(list.getBytes(StandardCharsets.UTF_8)))
                    .as(list)
                    .extracting(ModelList.Model::id)
                    .containsExactly("m-1");
        }
    }
}
