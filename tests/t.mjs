import { parseDocument, LineCounter } from 'yaml'
const MIB=1<<20
function time(n,f){const b=performance.now();let r;try{r=f()}catch(e){r=e.constructor.name+' '+e.message.slice(0,50)};console.log(n,Math.round(performance.now()-b),'ms',typeof r==='string'?r:'')}
for (const u of [true,false]) {
 const opt={uniqueKeys:u,lineCounter:new LineCounter()}
 const n=u?20000:100000
 time('keys '+u+n,()=>{parseDocument('groups:\n'+Array.from({length:n},(_,i)=>`  g${i}:`).join('\n'),opt)})
}
for (const o of ['[','{','{a: ']) for (const n of [500,2000,10000,100000]) time(o+n,()=>{const d=parseDocument('groups: '+o.repeat(n),{uniqueKeys:false}); return 'errors '+d.errors.length})
for (const o of ['- ','? ']) for (const n of [500,2000,10000]) time(o+n,()=>{const d=parseDocument('groups:\n  '+o.repeat(n),{uniqueKeys:false}); return 'errors '+d.errors.length})
time('seq',()=>{parseDocument('groups:\n  a:\n'+Array.from({length:100000},(_,i)=>`    - u${i}`).join('\n'),{uniqueKeys:false})})
