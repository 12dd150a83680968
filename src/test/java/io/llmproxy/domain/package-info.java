/** Tests of nouns and rules. */
@NullMarked
package io.llmproxy.domain;

import org.jspecify.annotations.NullMarked;
