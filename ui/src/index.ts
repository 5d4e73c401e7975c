/** The plug-ins of this extension. */

import { acting } from './plugins/acting';
import { completing } from './plugins/completing';
import { panel } from './plugins/panel';
import { reading } from './plugins/reading';
import { registries } from './plugins/registries';
import { writing } from './plugins/writing';

export default [...registries, reading, acting, writing, panel, completing];
