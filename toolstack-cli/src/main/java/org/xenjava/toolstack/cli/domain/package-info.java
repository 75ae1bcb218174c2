// SPDX-License-Identifier: Apache-2.0
/** Commands that create a domain, act on its run state and watch over its lifecycle. */
@NullMarked
package org.xenjava.toolstack.cli.domain;

import org.jspecify.annotations.NullMarked;
