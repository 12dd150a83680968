/** The nouns and rules of the appliance: no I/O, no clock, no framework. */
@NullMarked
package io.llmproxy.domain;

import org.jspecify.annotations.NullMarked;
