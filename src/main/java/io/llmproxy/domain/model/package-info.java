/** What serves models: provider accounts and the resolution of a model name. */
@NullMarked
package io.llmproxy.domain.model;

import org.jspecify.annotations.NullMarked;
